// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of one function go to another.
 *
 * Where the compiler left a call for ftrace at the function's beginning, ftrace calls us there, and we change where
 * it goes on: so tracers, kprobes and BPF programs on the same function go on working. Elsewhere the first bytes
 * become a jump; functions that run in an NMI are not for that, since an NMI comes also while the machine stands still.
 * Either is prepared while nothing is redirected yet, and takes effect when suture_flip_redirects()
 * runs while the machine stands still.
 *
 * There is one redirect for each function that is replaced, whatever the level: an upgrade changes where it leads.
 */
#include "suture.h"

#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/slab.h>

LIST_HEAD(suture_redirects);

#ifdef CONFIG_DYNAMIC_FTRACE

/*
 * Called for each call of the function, anywhere. The machine may stop between the read and the return: whoever is here
 * then still has the function on its stack, and is in the way.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
static void notrace redirect_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
				  struct pt_regs *regs)
{
	void *target = READ_ONCE(container_of(ops, struct suture_redirect, ops)->target);

	if (target)
		regs->ip = (unsigned long)target;
}
#else
static void notrace redirect_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	void *target = READ_ONCE(container_of(ops, struct suture_redirect, ops)->target);

	if (target) {
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
		ftrace_instruction_pointer_set(regs, (unsigned long)target);
#else
		ftrace_regs_set_instruction_pointer(regs, (unsigned long)target);
#endif
	}
}
#endif

static int prepare_ftrace(struct suture_redirect *redirect)
{
	/* A BPF program on the function is just being changed: the kernel asks to try again. */
	int tries = 100;
	int error;

	redirect->ops.func = redirect_call;
	redirect->ops.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
#ifndef CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS
	redirect->ops.flags |= FTRACE_OPS_FL_SAVE_REGS;
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
	/* Nothing that we call is traced. Without this flag a call from within a tracer would not be redirected. */
	redirect->ops.flags |= FTRACE_OPS_FL_RECURSION_SAFE;
#endif
	error = ftrace_set_filter_ip(&redirect->ops, redirect->location, 0, 0);
	if (error)
		return suture_refuse(error, "ftrace does not take %s: %d", redirect->name, error);
	error = register_ftrace_function(&redirect->ops);
	while (error == -EAGAIN && --tries) {
		msleep(20);
		error = register_ftrace_function(&redirect->ops);
	}
	if (!error)
		return 0;
	ftrace_set_filter_ip(&redirect->ops, redirect->location, 1, 0);
	if (error == -EBUSY)
		return suture_refuse(error, "somebody else redirects %s", redirect->name);
	if (error == -ENODEV)
		return suture_refuse(error, "ftrace is switched off (kernel.ftrace_enabled)");
	return suture_refuse(error, "ftrace does not redirect %s: %d", redirect->name, error);
}

static void remove_ftrace(struct suture_redirect *redirect)
{
	unregister_ftrace_function(&redirect->ops);
	ftrace_set_filter_ip(&redirect->ops, redirect->location, 1, 0);
}

#else

static int prepare_ftrace(struct suture_redirect *redirect)
{
	return -EOPNOTSUPP;
}

static void remove_ftrace(struct suture_redirect *redirect)
{
}

#endif

static bool code_of(unsigned long start, struct suture_range *code)
{
	unsigned long size, offset;

	if (!suture_symbol_extent(start, &size, &offset) || offset)
		return false;
	code->start = start;
	code->end = start + size;
	return true;
}

static void make_jump(const struct suture_redirect *redirect, const void *target, u8 *jump)
{
	s32 distance = (unsigned long)target - redirect->location - SUTURE_JUMP_LENGTH;

	if (!target) {
		memcpy(jump, redirect->found, SUTURE_JUMP_LENGTH);
		return;
	}
	jump[0] = 0xe9;
	memcpy(jump + 1, &distance, sizeof(distance));
}

static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

static bool is_landing_pad(const u8 *code)
{
	/* What the kernel writes over one that nobody needs. */
	static const u8 sealed[] = { 0x66, 0x0f, 0x1f, 0x00 };

	return !memcmp(code, endbr64, sizeof(endbr64)) || !memcmp(code, sealed, sizeof(sealed));
}

static int prepare_jump(struct suture_redirect *redirect, const struct suture_function *function)
{
	const u8 *code = (const u8 *)redirect->code.start;
	bool pad = function->entry_length >= sizeof(endbr64) && !memcmp(function->entry, endbr64, sizeof(endbr64));
	unsigned int skipped = pad ? sizeof(endbr64) : 0;
	unsigned int i;

	if (function->entry_length < skipped + SUTURE_JUMP_LENGTH || function->entry_length > SUTURE_ENTRY_BYTES)
		return suture_refuse(-EINVAL, "%s cannot be reached by ftrace, nor begin with a jump", redirect->name);
	if (pad && !is_landing_pad(code))
		return suture_refuse(-EBUSY, "%s does not begin as it was built", redirect->name);
	for (i = skipped; i < function->entry_length; i++) {
		if ((code[i] ^ function->entry[i]) & function->entry_mask[i])
			return suture_refuse(-EBUSY, "somebody has changed the beginning of %s", redirect->name);
	}
	redirect->by_jump = true;
	redirect->location = redirect->code.start + skipped;
	memcpy(redirect->found, code + skipped, SUTURE_JUMP_LENGTH);
	return 0;
}

/*
 * What the compiler took for unlikely lies elsewhere, and runs with nothing of the function on the stack. Where several
 * functions have the name, which of these parts is whose cannot be told; all of them count.
 */
static int find_cold(struct suture_redirect *redirect)
{
	char *name = kasprintf(GFP_KERNEL, "%s.cold", redirect->name);
	struct suture_range cold;
	int error = 0;

	if (!name)
		return -ENOMEM;
	for (;;) {
		unsigned long start = suture_find_optional(redirect->module, name, redirect->cold_count + 1);

		if (!start || !code_of(start, &cold))
			break;
		if (redirect->cold_count == SUTURE_MOST_COLD) {
			error = suture_refuse(-E2BIG, "more than %u functions are called %s", SUTURE_MOST_COLD, name);
			break;
		}
		redirect->cold[redirect->cold_count++] = cold;
	}
	kfree(name);
	return error;
}

static int find_code(struct suture_redirect *redirect)
{
	unsigned long start;
	int error = suture_find_symbol(redirect->module, redirect->name, redirect->sympos, &start);

	if (error)
		return error;
	if (!code_of(start, &redirect->code))
		return suture_refuse(-EINVAL, "how long %s is cannot be told", redirect->name);
	return find_cold(redirect);
}

static struct suture_redirect *redirect_of(unsigned long address)
{
	struct suture_redirect *redirect;

	list_for_each_entry(redirect, &suture_redirects, list) {
		if (redirect->code.start == address)
			return redirect;
	}
	return NULL;
}

static void free_redirect(struct suture_redirect *redirect)
{
	kfree(redirect->name);
	kfree(redirect);
}

static int lead_to(struct suture_redirect *redirect, void *replacement)
{
	long distance = (long)replacement - (long)redirect->location - SUTURE_JUMP_LENGTH;

	if (redirect->next)
		return suture_refuse(-EINVAL, "the patch replaces %s twice", redirect->name);
	if (redirect->by_jump && distance != (s32)distance)
		return suture_refuse(-EINVAL, "the new code of %s is too far away", redirect->name);
	redirect->next = replacement;
	return 0;
}

/* The next flip leads calls to the replacement. */
int suture_prepare_redirect(struct module *module, const struct suture_function *function)
{
	struct suture_redirect *redirect = kzalloc(sizeof(*redirect), GFP_KERNEL);
	struct suture_redirect *present;
	int error = -ENOMEM;

	if (!redirect)
		return -ENOMEM;
	redirect->module = module;
	redirect->object = module ? module->name : "vmlinux";
	redirect->sympos = function->sympos;
	redirect->name = kstrdup(function->name, GFP_KERNEL);
	if (!redirect->name)
		goto free;
	error = find_code(redirect);
	if (error)
		goto free;
	present = redirect_of(redirect->code.start);
	if (present) {
		free_redirect(redirect);
		return lead_to(present, function->replacement);
	}
	redirect->location = suture_ftrace_location(redirect->code.start);
	error = redirect->location ? prepare_ftrace(redirect) : prepare_jump(redirect, function);
	if (error)
		goto free;
	list_add_tail(&redirect->list, &suture_redirects);
	return lead_to(redirect, function->replacement);
free:
	free_redirect(redirect);
	return error;
}

/* While the machine stands still: are the jumps, or what they took the place of, still what we left there? */
bool suture_jumps_are_ours(void)
{
	struct suture_redirect *redirect;
	u8 jump[SUTURE_JUMP_LENGTH];

	list_for_each_entry(redirect, &suture_redirects, list) {
		if (!redirect->by_jump)
			continue;
		make_jump(redirect, redirect->target, jump);
		if (memcmp((const void *)redirect->location, jump, sizeof(jump)))
			return false;
	}
	return true;
}

/* From here on calls go where the redirect leads next. */
static void flip(struct suture_redirect *redirect, void (*write)(void *place, const void *bytes, size_t length))
{
	u8 jump[SUTURE_JUMP_LENGTH];

	if (redirect->next == redirect->target)
		return;
	WRITE_ONCE(redirect->target, redirect->next);
	if (!redirect->by_jump)
		return;
	make_jump(redirect, redirect->target, jump);
	write((void *)redirect->location, jump, sizeof(jump));
}

/* While the machine stands still. */
void suture_flip_redirects(void)
{
	struct suture_redirect *redirect;

	list_for_each_entry(redirect, &suture_redirects, list)
		flip(redirect, suture_write_stopped);
}

/* Of a module that nobody is in: it is coming. */
void suture_flip_coming(const struct module *module)
{
	struct suture_redirect *redirect;

	list_for_each_entry(redirect, &suture_redirects, list) {
		if (redirect->module == module)
			flip(redirect, suture_write_running);
	}
	suture_synchronize_cores();
}

static void remove_redirect(struct suture_redirect *redirect)
{
	list_del(&redirect->list);
	/* Waits until nobody is on the way through ftrace any more. */
	if (!redirect->by_jump)
		remove_ftrace(redirect);
	free_redirect(redirect);
}

/* Of a module that has gone, or did not come after all. */
void suture_remove_redirects(const struct module *module)
{
	struct suture_redirect *redirect, *safe;

	list_for_each_entry_safe(redirect, safe, &suture_redirects, list) {
		if (redirect->module != module)
			continue;
		WRITE_ONCE(redirect->target, NULL);
		remove_redirect(redirect);
	}
}

/* Those that lead nowhere. */
void suture_release_redirects(void)
{
	struct suture_redirect *redirect, *safe;

	list_for_each_entry_safe(redirect, safe, &suture_redirects, list) {
		if (!redirect->target)
			remove_redirect(redirect);
	}
}

/* Before a switch: all are to lead nowhere, but for those that are prepared for the next patch. */
void suture_begin_redirects(void)
{
	struct suture_redirect *redirect;

	list_for_each_entry(redirect, &suture_redirects, list)
		redirect->next = NULL;
}

/* After one that did not come about: all stay as they are. */
void suture_keep_redirects(void)
{
	struct suture_redirect *redirect;

	list_for_each_entry(redirect, &suture_redirects, list)
		redirect->next = redirect->target;
	suture_release_redirects();
}
