// SPDX-License-Identifier: GPL-2.0-only
//
// Patch modules for the stop-machine engine as no builder would make them: good ones that show each thing that a
// patch can do, and bad ones, that it has to refuse. CASE says which this is.
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "suture_patch.h"

/* What the test is about; other cases are written as differences from the first. */
#define FIRST_LEVEL 1
#define SECOND_LEVEL 2
#define WRONG_ABI 3
#define WRONG_BUILD_ID 4
#define WRONG_ADDRESS 5
#define NO_SUCH_FUNCTION 6
#define AMBIGUOUS 7
#define SECOND_OF_TWO 8
#define THIRD_OF_TWO 9
#define SECOND_FUNCTION_UNKNOWN 10
#define SLEEPS 11
#define PRE_PATCH_FAILS 12
#define LATE_PRE_PATCH_FAILS 13
#define JUMP 14
#define JUMP_OVER_OTHER_CODE 15
#define NO_ENTRY 16
#define SHORT_ENTRY 17
#define NO_OBJECTS 18
#define TWICE 19
#define OBJECT_NEVER_THERE 20
#define UNKNOWN_IN_LATE_MODULE 21
#define UNKNOWN_SYMBOL_OF_MODULE 22

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

/* A jump takes 5 bytes. None of the functions below branches back into its first ones. */
#define JUMP_BYTES 5

static int __maybe_unused cmdline_shown(struct seq_file *m, void *v)
{
	seq_puts(m, "patched by " NUMBER(CASE) "\n");
	return 0;
}

static int __maybe_unused version_shown(struct seq_file *m, void *v)
{
	seq_puts(m, "version by " NUMBER(CASE) "\n");
	return 0;
}

/* Two ways to a variable of the victim: by a pointer, and by the place of an instruction. */
static const int *volatile secret;

extern s32 secret_place;
asm(".globl secret_place");

static noinline const int *secret_in_code(void)
{
	const int *found;

	asm volatile(".byte 0x48, 0x8d, 0x05\nsecret_place: .long 0" : "=a"(found)); /* lea 0(%rip), %rax */
	return found;
}

static char word[64];

static const char *__used new_word(void)
{
	snprintf(word, sizeof(word), "by " NUMBER(CASE) ", %d %d,", secret ? *secret : -1, secret_in_code() == secret);
	return word;
}

static int __maybe_unused new_twin(void)
{
	return CASE;
}

static DECLARE_WAIT_QUEUE_HEAD(queue);
static bool released;
module_param(released, bool, 0644);

static void __maybe_unused new_wait(void)
{
	wait_event_idle_timeout(queue, released, HZ / 10);
	while (!READ_ONCE(released))
		wait_event_idle_timeout(queue, released, HZ / 10);
	asm volatile("");
}

static struct suture_function kernel_functions[] = {
#if CASE == SECOND_LEVEL
	{ .name = "version_proc_show", .replacement = version_shown },
	{ .name = "cmdline_proc_show", .replacement = cmdline_shown },
#elif CASE == NO_SUCH_FUNCTION
	{ .name = "suture_no_such_function", .replacement = cmdline_shown },
#elif CASE == SECOND_FUNCTION_UNKNOWN
	{ .name = "cmdline_proc_show", .replacement = cmdline_shown },
	{ .name = "suture_no_such_function", .replacement = version_shown },
#elif CASE == TWICE
	{ .name = "cmdline_proc_show", .replacement = cmdline_shown },
	{ .name = "cmdline_proc_show", .replacement = version_shown },
#elif CASE == JUMP || CASE == JUMP_OVER_OTHER_CODE || CASE == NO_ENTRY || CASE == SHORT_ENTRY
	/* kernel/trace is compiled without calls of ftrace. */
	{ .name = "tracing_clock_show", .replacement = cmdline_shown },
#else
	{ .name = "cmdline_proc_show", .replacement = cmdline_shown },
#endif
};

static struct suture_function victim_functions[] = {
#if CASE == AMBIGUOUS
	{ .name = "victim_twin", .replacement = new_twin },
#elif CASE == SECOND_OF_TWO
	{ .name = "victim_twin", .sympos = 2, .replacement = new_twin },
#elif CASE == THIRD_OF_TWO
	{ .name = "victim_twin", .sympos = 3, .replacement = new_twin },
#elif CASE == SLEEPS
	{ .name = "victim_wait", .replacement = new_wait },
#elif CASE == UNKNOWN_IN_LATE_MODULE
	{ .name = "suture_no_such_function", .replacement = new_wait },
#else
	{ .name = "victim_word", .replacement = new_word },
#endif
};

static const struct suture_object objects[] = {
	{ .functions = kernel_functions, .function_count = ARRAY_SIZE(kernel_functions) },
#if CASE == OBJECT_NEVER_THERE
	{ .name = "suture_no_such_module", .functions = victim_functions, .function_count = 1 },
#elif CASE != SECOND_LEVEL
	{ .name = "suture_victim", .functions = victim_functions, .function_count = 1 },
#endif
};

static const struct suture_symbol symbols[] = {
#if CASE == WRONG_ADDRESS
	{ .name = "seq_putc", .address = seq_puts },
#else
	{ .name = "seq_puts", .address = seq_puts },
#endif
#if CASE == UNKNOWN_SYMBOL_OF_MODULE
	{ .object = "suture_victim", .name = "suture_no_such_variable" },
#else
	{ .object = "suture_victim", .name = "victim_secret" },
#endif
};

static const struct suture_relocation relocations[] = {
	{ .place = (void *)&secret, .symbol = 1, .type = R_X86_64_64, .object = 1 },
	{ .place = &secret_place, .addend = -4, .symbol = 1, .type = R_X86_64_PC32, .object = 1 },
};

/* The kernel's log tells in which order they are called. */
static int pre_patch(unsigned int object, struct module *target, const void *previous)
{
	pr_info("by hand: " NUMBER(CASE) " pre_patch %u %s after %s\n", object, target ? target->name : "kernel",
		previous ? (const char *)previous : "none");
	if ((CASE == PRE_PATCH_FAILS && object == 0) || (CASE == LATE_PRE_PATCH_FAILS && object == 1))
		return -ENOMEM;
	return 0;
}

static void post_patch(unsigned int object)
{
	pr_info("by hand: " NUMBER(CASE) " post_patch %u\n", object);
}

static void pre_unpatch(unsigned int object)
{
	pr_info("by hand: " NUMBER(CASE) " pre_unpatch %u\n", object);
}

static void post_unpatch(unsigned int object)
{
	pr_info("by hand: " NUMBER(CASE) " post_unpatch %u\n", object);
}

struct suture_patch suture_patch = {
	.abi = SUTURE_PATCH_ABI + (CASE == WRONG_ABI),
	.level = CASE,
	.build_id = CASE == WRONG_BUILD_ID ? "00112233445566778899aabbccddeeff00112233" : BUILD_ID,
	.owner = THIS_MODULE,
	.objects = objects,
	.symbols = symbols,
	.relocations = relocations,
	.object_count = CASE == NO_OBJECTS ? 0 : ARRAY_SIZE(objects),
	.symbol_count = ARRAY_SIZE(symbols),
	/* The second level has no object that the relocations could belong to. */
	.relocation_count =
		CASE == SECOND_LEVEL || CASE == OBJECT_NEVER_THERE || CASE == NO_OBJECTS ? 0 : ARRAY_SIZE(relocations),
	.pre_patch = pre_patch,
	.post_patch = post_patch,
	.pre_unpatch = pre_unpatch,
	.post_unpatch = post_unpatch,
	.effects = "case " NUMBER(CASE),
};

/* A builder has the entry from the image. Here it is read where it is. */
static void read_entry(struct suture_function *function)
{
	struct kprobe probe = { .symbol_name = function->name };

	if (register_kprobe(&probe) != 0)
		return;
	unregister_kprobe(&probe);
	function->entry_length = CASE == NO_ENTRY ? 0 : CASE == SHORT_ENTRY ? JUMP_BYTES - 1 : JUMP_BYTES;
	copy_from_kernel_nofault(function->entry, probe.addr, JUMP_BYTES);
	memset(function->entry_mask, 0xff, JUMP_BYTES);
	if (CASE == JUMP_OVER_OTHER_CODE)
		function->entry[1] ^= 0xff;
}

static int __init by_hand_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kernel_functions); i++)
		read_entry(&kernel_functions[i]);
	for (i = 0; i < ARRAY_SIZE(victim_functions); i++)
		read_entry(&victim_functions[i]);
	return suture_patch.enable ? suture_patch.enable(&suture_patch) : -ENXIO;
}

static void __exit by_hand_exit(void)
{
}

module_init(by_hand_init);
module_exit(by_hand_exit);
MODULE_DESCRIPTION("A patch that a test made by hand");
MODULE_LICENSE("GPL");
