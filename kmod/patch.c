// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applies a patch and takes it back. All that can fail comes first, and is undone when something does.
 */
#include "suture.h"

#include <linux/slab.h>

struct suture_patch *suture_applied;

/* What of a patch's objects is there to be patched. */
struct place {
	struct module *target; /* NULL: the kernel, or a module that is not there */
	bool is_there;
};

struct places {
	unsigned int count; /* of objects; 0: there is no patch */
	struct place *of;
};

static struct places places;

bool suture_is_patch(const char *name)
{
	static const char prefix[] = "suture_stop_";

	return !strncmp(name, prefix, sizeof(prefix) - 1);
}

static bool tables_are_inside(const struct suture_patch *patch, const struct module *module)
{
	return within_module((unsigned long)patch->objects, module) && patch->object_count &&
	       patch->object_count <= U16_MAX &&
	       (!patch->symbol_count || within_module((unsigned long)patch->symbols, module)) &&
	       (!patch->relocation_count || within_module((unsigned long)patch->relocations, module)) &&
	       patch->pre_patch && patch->post_patch && patch->pre_unpatch && patch->post_unpatch &&
	       !patch->objects[0].name;
}

/* A patch of ours is coming, and the kernel has read none of its tables yet: is it for this kernel and this engine? */
int suture_accept(struct module *module)
{
	struct suture_patch *patch;
	unsigned long address;
	int error;

	suture_begin_report("apply", module->name);
	error = suture_find_symbol(module, "suture_patch", 0, &address);
	if (error)
		return suture_end_report(error);
	patch = (struct suture_patch *)address;
	if (!within_module(address, module) || patch->abi != SUTURE_PATCH_ABI)
		error = suture_refuse(-ENOEXEC, "it was made for another version of the engine");
	else if (patch->owner != module || !tables_are_inside(patch, module))
		error = suture_refuse(-ENOEXEC, "its tables are damaged");
	else if (strcmp(patch->build_id, suture_kernel_build_id()))
		error = suture_refuse(-ENOEXEC, "it is for another kernel");
	else
		error = suture_check_symbols(patch);
	if (error)
		return suture_end_report(error);
	patch->enable = suture_enable;
	return 0;
}

/* Makes ready what is to happen to the functions of one object. Nothing changes for them yet. */
static int prepare_object(const struct suture_patch *patch, unsigned int object, struct module *module)
{
	const struct suture_object *functions = &patch->objects[object];
	unsigned int i;
	int error = suture_relocate(patch, object);

	for (i = 0; i < functions->function_count && !error; i++)
		error = suture_prepare_redirect(module, &functions->functions[i]);
	return error;
}

static int prepare_objects(const struct suture_patch *patch)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < patch->object_count && !error; i++) {
		if (i) {
			struct module *module = suture_present(patch->objects[i].name);

			if (IS_ERR(module))
				return PTR_ERR(module);
			places.of[i].target = module;
			places.of[i].is_there = module != NULL;
		} else {
			places.of[i].is_there = true;
		}
		if (places.of[i].is_there)
			error = prepare_object(patch, i, places.of[i].target);
	}
	return error;
}

/* In the order of objects; those before the one that fails are undone. */
static int do_pre_patch(const struct suture_patch *patch, const void *previous)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < patch->object_count; i++) {
		if (!places.of[i].is_there)
			continue;
		error = patch->pre_patch(i, places.of[i].target, previous);
		if (error)
			break;
	}
	if (!error)
		return 0;
	while (i--) {
		if (places.of[i].is_there)
			patch->post_unpatch(i);
	}
	return suture_refuse(error, "the patch's own preparation failed; the kernel's log says why");
}

static void do_each(const struct suture_patch *patch, void (*fn)(unsigned int object))
{
	unsigned int i;

	for (i = 0; i < patch->object_count; i++) {
		if (places.of[i].is_there)
			fn(i);
	}
}

static void do_each_backwards(const struct suture_patch *patch, void (*fn)(unsigned int object))
{
	unsigned int i;

	for (i = patch->object_count; i-- > 0;) {
		if (places.of[i].is_there)
			fn(i);
	}
}

static struct places exchange_places(struct places other)
{
	struct places before = places;

	places = other;
	return before;
}

static void let_go(const struct places *held, unsigned int count)
{
	while (count--) {
		if (held->of[count].target)
			module_put(held->of[count].target);
	}
}

/*
 * During a switch no module that is patched may begin to go: its exit function may be one of the patch's, and who runs
 * that has not been in it when the machine stood still.
 */
static int hold(const struct places *held)
{
	unsigned int i;

	for (i = 0; i < held->count; i++) {
		if (!held->of[i].target || try_module_get(held->of[i].target))
			continue;
		let_go(held, i);
		return suture_refuse(-EAGAIN, "%s is just being removed", held->of[i].target->name);
	}
	return 0;
}

/* With what is to be done of its own before and, if it fails, after it. */
static int prepare_and_switch(struct suture_patch *patch, const struct suture_patch *previous)
{
	int error = prepare_objects(patch);

	if (!error)
		error = hold(&places);
	if (error)
		return error;
	error = do_pre_patch(patch, previous ? previous->effects : NULL);
	if (!error) {
		error = suture_switch(previous ? previous->owner : NULL);
		if (error)
			do_each_backwards(patch, patch->post_unpatch);
	}
	if (error)
		let_go(&places, places.count);
	return error;
}

static int apply_over(struct suture_patch *patch, struct suture_patch *previous)
{
	int error;

	suture_wait_for_modules_of(previous, patch);
	suture_begin_redirects();
	error = prepare_and_switch(patch, previous);
	if (error) {
		suture_keep_redirects();
		suture_wait_for_modules_of(previous, NULL);
		return error;
	}
	__module_get(patch->owner);
	__module_get(THIS_MODULE);
	suture_applied = patch;
	suture_wait_for_modules_of(patch, NULL);
	add_taint(TAINT_LIVEPATCH, LOCKDEP_STILL_OK);
	suture_release_redirects();
	do_each(patch, patch->post_patch);
	let_go(&places, places.count);
	if (previous) {
		module_put(previous->owner);
		module_put(THIS_MODULE);
	}
	return 0;
}

static int apply(struct suture_patch *patch)
{
	struct places next = {
		.count = patch->object_count,
		.of = kcalloc(patch->object_count, sizeof(*next.of), GFP_KERNEL),
	};
	struct places before;
	int error;

	if (!next.of)
		return -ENOMEM;
	before = exchange_places(next);
	error = hold(&before);
	if (!error) {
		error = apply_over(patch, suture_applied);
		let_go(&before, before.count);
	}
	if (error)
		before = exchange_places(before);
	kfree(before.of);
	return error;
}

/* Called by the patch's init function: what this returns decides whether the module stays. */
int suture_enable(struct suture_patch *patch)
{
	int error;

	mutex_lock(&suture_lock);
	suture_begin_report("apply", patch->owner->name);
	error = suture_end_report(apply(patch));
	mutex_unlock(&suture_lock);
	return error;
}

static int revert(void)
{
	struct suture_patch *patch = suture_applied;
	struct places held;
	int error = hold(&places);

	if (error)
		return error;
	do_each_backwards(patch, patch->pre_unpatch);
	suture_begin_redirects();
	error = suture_switch(patch->owner);
	if (error) {
		suture_keep_redirects();
		do_each(patch, patch->post_patch);
		let_go(&places, places.count);
		return error;
	}
	suture_applied = NULL;
	suture_wait_for_modules_of(NULL, NULL);
	suture_release_redirects();
	do_each_backwards(patch, patch->post_unpatch);
	held = exchange_places((struct places){});
	let_go(&held, held.count);
	kfree(held.of);
	module_put(patch->owner);
	module_put(THIS_MODULE);
	return 0;
}

int suture_revert(const char *name)
{
	int error;

	mutex_lock(&suture_lock);
	if (suture_applied && !strcmp(suture_applied->owner->name, name)) {
		suture_begin_report("revert", name);
		error = suture_end_report(revert());
	} else {
		error = -ENOENT;
	}
	mutex_unlock(&suture_lock);
	return error;
}

/* A module comes whose init function has not run: nobody can be in it. */
int suture_patch_coming(struct module *module)
{
	struct suture_patch *patch = suture_applied;
	unsigned int i;
	int error;

	if (patch)
		suture_begin_report("apply", patch->owner->name);
	for (i = 1; patch && i < patch->object_count; i++) {
		if (places.of[i].is_there || strcmp(patch->objects[i].name, module->name))
			continue;
		error = prepare_object(patch, i, module);
		if (!error) {
			error = patch->pre_patch(i, module, NULL);
			if (error)
				suture_refuse(error, "the patch's own preparation failed");
		}
		if (error) {
			suture_remove_redirects(module);
			pr_err("%s cannot be patched\n", module->name);
			return suture_end_report(error);
		}
		places.of[i].target = module;
		places.of[i].is_there = true;
		suture_flip_coming(module);
		patch->post_patch(i);
		pr_info("%s: applied to %s, which comes\n", patch->owner->name, module->name);
	}
	return 0;
}

/* Its exit function has run, or its init function has failed. */
void suture_patch_going(struct module *module)
{
	struct suture_patch *patch = suture_applied;
	unsigned int i;

	for (i = 1; patch && i < patch->object_count; i++) {
		if (!places.of[i].is_there || places.of[i].target != module)
			continue;
		patch->pre_unpatch(i);
		suture_remove_redirects(module);
		places.of[i].is_there = false;
		places.of[i].target = NULL;
		patch->post_unpatch(i);
	}
}
