// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that the kernel keeps to itself. One is found through a kprobe, which takes a name; it finds the others.
 *
 * They are called through static calls: those become direct calls, which is what the kernel's control-flow
 * protection wants. A kernel that was built for it has the landing pads of functions overwritten that nobody is
 * known to call through a pointer, and a call through a pointer would be a fault there.
 */
#include "suture.h"

#include <linux/cpu.h>
#include <linux/elf.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/static_call.h>
#include <linux/stop_machine.h>
#include <asm/sync_core.h>

typedef unsigned long lookup_name_function(const char *name);
typedef int each_match_function(int (*fn)(void *data, unsigned long address), const char *name, void *data);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
typedef int symbol_callback(void *data, const char *name, struct module *module, unsigned long address);
#else
typedef int symbol_callback(void *data, const char *name, unsigned long address);
#endif
typedef int each_symbol_function(symbol_callback fn, void *data);
typedef int symbol_size_function(unsigned long address, unsigned long *size, unsigned long *offset);
typedef struct module *find_module_function(const char *name);
typedef struct task_struct *idle_task_function(int cpu);
typedef int save_stack_function(struct task_struct *task, unsigned long *entries, unsigned int size);
typedef unsigned long ftrace_location_function(unsigned long address);
typedef int stop_function(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus);
typedef void *text_poke_function(void *place, const void *bytes, size_t length);

DEFINE_STATIC_CALL_NULL(suture_lookup_name, lookup_name_function);
DEFINE_STATIC_CALL_NULL(suture_each_match, each_match_function);
DEFINE_STATIC_CALL_NULL(suture_each_symbol, each_symbol_function);
DEFINE_STATIC_CALL_NULL(suture_symbol_size, symbol_size_function);
DEFINE_STATIC_CALL_NULL(suture_find_module, find_module_function);
DEFINE_STATIC_CALL_NULL(suture_idle_task, idle_task_function);
DEFINE_STATIC_CALL_NULL(suture_save_stack, save_stack_function);
DEFINE_STATIC_CALL_NULL(suture_ftrace_location, ftrace_location_function);
DEFINE_STATIC_CALL_NULL(suture_stop, stop_function);
DEFINE_STATIC_CALL_NULL(suture_text_poke, text_poke_function);
DEFINE_STATIC_CALL_NULL(suture_text_poke_stopped, text_poke_function);

static bool has_each_match;
static bool has_each_symbol;
static bool has_ftrace_location;
static struct mutex *text_lock;
/* Of the list of modules, where RCU does not do. */
static struct mutex *module_lock __maybe_unused;
static char build_id[2 * 64 + 1];

static unsigned long find_lookup_name(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long address;
	int error = register_kprobe(&probe);

	if (error) {
		pr_err("a kprobe cannot be set (%d): the engine needs CONFIG_KPROBES and CONFIG_KALLSYMS\n", error);
		return 0;
	}
	/* Behind the landing pad, if there is one: a direct call may go there as well. */
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return address;
}

unsigned long suture_kernel_symbol(const char *name)
{
	return static_call(suture_lookup_name)(name);
}

/* The note in the image that says which build it is: Elf_Nhdr of type NT_GNU_BUILD_ID and name "GNU". */
static bool find_build_id(void)
{
	const char *at = (const char *)suture_kernel_symbol("__start_notes");
	const char *end = (const char *)suture_kernel_symbol("__stop_notes");

	while (at && at + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *note = (const Elf64_Nhdr *)at;
		const char *name = at + sizeof(*note);
		const char *value = name + ALIGN(note->n_namesz, 4);

		if (note->n_type == 3 && note->n_namesz == 4 && !memcmp(name, "GNU", 4) &&
		    value + note->n_descsz <= end && note->n_descsz < sizeof(build_id) / 2) {
			snprintf(build_id, sizeof(build_id), "%*phN", (int)note->n_descsz, value);
			return true;
		}
		at = value + ALIGN(note->n_descsz, 4);
	}
	return false;
}

#define FIND(call, name)                                                                    \
	({                                                                                  \
		unsigned long found_ = suture_kernel_symbol(name);                          \
		if (found_)                                                                 \
			static_call_update(call, (typeof(&STATIC_CALL_TRAMP(call)))found_); \
		found_ != 0;                                                                \
	})

int suture_find_kernel_functions(void)
{
	unsigned long lookup = find_lookup_name();
	const char *missing = NULL;

	if (!lookup)
		return -EOPNOTSUPP;
	static_call_update(suture_lookup_name, (lookup_name_function *)lookup);

	has_each_match = FIND(suture_each_match, "kallsyms_on_each_match_symbol");
	has_each_symbol = FIND(suture_each_symbol, "kallsyms_on_each_symbol");
	has_ftrace_location = FIND(suture_ftrace_location, "ftrace_location");
	text_lock = (struct mutex *)suture_kernel_symbol("text_mutex");
	module_lock = (struct mutex *)suture_kernel_symbol("module_mutex");
	if (!module_lock)
		missing = "module_mutex";
	else if (!FIND(suture_symbol_size, "kallsyms_lookup_size_offset"))
		missing = "kallsyms_lookup_size_offset";
	else if (!FIND(suture_find_module, "find_module"))
		missing = "find_module";
	else if (IS_ENABLED(CONFIG_SMP) && !FIND(suture_idle_task, "idle_task"))
		missing = "idle_task";
	else if (!FIND(suture_save_stack, "stack_trace_save_tsk_reliable"))
		missing = "stack_trace_save_tsk_reliable (CONFIG_HAVE_RELIABLE_STACKTRACE)";
	else if (IS_ENABLED(CONFIG_SMP) && !FIND(suture_stop, "stop_machine_cpuslocked"))
		missing = "stop_machine_cpuslocked";
	else if (!FIND(suture_text_poke, "text_poke") || !FIND(suture_text_poke_stopped, "text_poke_kgdb"))
		missing = "text_poke";
	else if (!text_lock)
		missing = "text_mutex (CONFIG_KALLSYMS_ALL)";
	else if (!find_build_id())
		missing = "a build-id";
	if (missing) {
		pr_err("this kernel has no %s\n", missing);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Kernels without a reliable unwinder have a function in its place that says so. */
int suture_check_unwinder(void)
{
	unsigned long entries[64];

	if (suture_save_stack(current, entries, ARRAY_SIZE(entries)) > 0)
		return 0;
	pr_err("this kernel cannot tell reliably what is on a stack (CONFIG_HAVE_RELIABLE_STACKTRACE)\n");
	return -EOPNOTSUPP;
}

const char *suture_kernel_build_id(void)
{
	return build_id;
}

/* A walk over all symbols of the kernel, for want of a function that finds those of one name. */
struct symbol_walk {
	const char *name;
	int (*fn)(void *data, unsigned long address);
	void *data;
};

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
static int walk_symbol(void *data, const char *name, struct module *module, unsigned long address)
{
	struct symbol_walk *walk = data;

	return module || strcmp(name, walk->name) ? 0 : walk->fn(walk->data, address);
}
#else
static int walk_symbol(void *data, const char *name, unsigned long address)
{
	struct symbol_walk *walk = data;

	return strcmp(name, walk->name) ? 0 : walk->fn(walk->data, address);
}
#endif

/* Between Linux 5.12 and 6.1, both are there only for livepatch's sake. */
bool suture_can_count_symbols(void)
{
	return has_each_match || has_each_symbol;
}

/* Calls fn with the address of each symbol of the kernel that has this name, in rising order, until it is not 0. */
int suture_each_match(const char *name, int (*fn)(void *data, unsigned long address), void *data)
{
	struct symbol_walk walk = { .name = name, .fn = fn, .data = data };
	int result;

	if (has_each_match)
		return static_call(suture_each_match)(fn, name, data);
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	/* It goes through the modules as well, and wants them to stay. */
	mutex_lock(module_lock);
	result = static_call(suture_each_symbol)(walk_symbol, &walk);
	mutex_unlock(module_lock);
#else
	result = static_call(suture_each_symbol)(walk_symbol, &walk);
#endif
	return result;
}

bool suture_symbol_extent(unsigned long address, unsigned long *size, unsigned long *offset)
{
	return static_call(suture_symbol_size)(address, size, offset) != 0;
}

/* The result stays valid while suture_lock is held: modules that go wait for us (modules.c). */
struct module *suture_find_module(const char *name)
{
	struct module *module;

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	mutex_lock(module_lock);
	module = static_call(suture_find_module)(name);
	mutex_unlock(module_lock);
#else
	rcu_read_lock_sched();
	module = static_call(suture_find_module)(name);
	rcu_read_unlock_sched();
#endif
	return module;
}

struct task_struct *suture_idle_task(int cpu)
{
#ifdef CONFIG_SMP
	return static_call(suture_idle_task)(cpu);
#else
	return &init_task;
#endif
}

/* The number of entries, or a negative number when the stack cannot be trusted. */
int suture_save_stack(struct task_struct *task, unsigned long *entries, unsigned int size)
{
	return static_call(suture_save_stack)(task, entries, size);
}

/* Where ftrace calls from at the function's beginning; 0 when it does not. */
unsigned long suture_ftrace_location(unsigned long address)
{
	return has_ftrace_location ? static_call(suture_ftrace_location)(address) : 0;
}

/* The caller holds the lock of CPU hotplug. All CPUs call fn. */
int suture_stop_machine(int (*fn)(void *data), void *data)
{
#ifdef CONFIG_SMP
	return static_call(suture_stop)(fn, data, cpu_online_mask);
#else
	return stop_machine(fn, data, NULL);
#endif
}

void suture_lock_text(void)
{
	mutex_lock(text_lock);
}

void suture_unlock_text(void)
{
	mutex_unlock(text_lock);
}

/* While the machine stands still, for whoever holds the text's lock, which is somebody else than runs then. */
void suture_write_stopped(void *place, const void *bytes, size_t length)
{
	static_call(suture_text_poke_stopped)(place, bytes, length);
}

static void synchronize_this_core(void *unused)
{
	sync_core();
}

/* To code that nobody runs before suture_synchronize_cores(). */
void suture_write_running(void *place, const void *bytes, size_t length)
{
	mutex_lock(text_lock);
	static_call(suture_text_poke)(place, bytes, length);
	mutex_unlock(text_lock);
}

void suture_synchronize_cores(void)
{
	on_each_cpu(synchronize_this_core, NULL, 1);
}
