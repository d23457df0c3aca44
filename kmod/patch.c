// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applies a patch and takes it back. All that can fail comes first, and is undone when something does.
 */
#include "suture.h"

#include <linux/slab.h>

struct suture_patch *suture_applied;

/* By object: the module that is patched, if it is there. */
static struct module **targets;
static bool *is_there;

static struct module *target_of(const struct suture_patch *patch, unsigned int object)
{
	return object && is_there[object] ? targets[object] : NULL;
}

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
			targets[i] = module;
			is_there[i] = module != NULL;
		} else {
			is_there[i] = true;
		}
		if (is_there[i])
			error = prepare_object(patch, i, target_of(patch, i));
	}
	return error;
}

/* In the order of objects; those before the one that fails are undone. */
static int do_pre_patch(const struct suture_patch *patch, const void *previous)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < patch->object_count; i++) {
		if (!is_there[i])
			continue;
		error = patch->pre_patch(i, target_of(patch, i), previous);
		if (error)
			break;
	}
	if (!error)
		return 0;
	while (i--) {
		if (is_there[i])
			patch->post_unpatch(i);
	}
	return suture_refuse(error, "the patch's own preparation failed; the kernel's log says why");
}

static void do_each(const struct suture_patch *patch, void (*fn)(unsigned int object))
{
	unsigned int i;

	for (i = 0; i < patch->object_count; i++) {
		if (is_there[i])
			fn(i);
	}
}

static void do_each_backwards(const struct suture_patch *patch, void (*fn)(unsigned int object))
{
	unsigned int i;

	for (i = patch->object_count; i-- > 0;) {
		if (is_there[i])
			fn(i);
	}
}

struct places {
	struct module **targets;
	bool *is_there;
};

static struct places exchange_places(struct places places)
{
	struct places before = { targets, is_there };

	targets = places.targets;
	is_there = places.is_there;
	return before;
}

static void free_places(struct places places)
{
	kfree(places.targets);
	kfree(places.is_there);
}

static int apply(struct suture_patch *patch)
{
	struct suture_patch *previous = suture_applied;
	struct places places = {
		.targets = kcalloc(patch->object_count, sizeof(*targets), GFP_KERNEL),
		.is_there = kcalloc(patch->object_count, sizeof(*is_there), GFP_KERNEL),
	};
	struct places before;
	int error;

	if (!places.targets || !places.is_there) {
		free_places(places);
		return -ENOMEM;
	}
	before = exchange_places(places);
	suture_wait_for_modules_of(previous, patch);
	suture_begin_redirects();
	error = prepare_objects(patch);
	if (!error)
		error = do_pre_patch(patch, previous ? previous->effects : NULL);
	if (!error) {
		error = suture_switch(previous ? previous->owner : NULL);
		if (error)
			do_each_backwards(patch, patch->post_unpatch);
	}
	if (error) {
		suture_keep_redirects();
		suture_wait_for_modules_of(previous, NULL);
		free_places(exchange_places(before));
		return error;
	}
	__module_get(patch->owner);
	__module_get(THIS_MODULE);
	suture_applied = patch;
	suture_wait_for_modules_of(patch, NULL);
	add_taint(TAINT_LIVEPATCH, LOCKDEP_STILL_OK);
	suture_release_redirects();
	do_each(patch, patch->post_patch);
	free_places(before);
	if (previous) {
		module_put(previous->owner);
		module_put(THIS_MODULE);
	}
	return 0;
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
	int error;

	do_each_backwards(patch, patch->pre_unpatch);
	suture_begin_redirects();
	error = suture_switch(patch->owner);
	if (error) {
		suture_keep_redirects();
		do_each(patch, patch->post_patch);
		return error;
	}
	suture_applied = NULL;
	suture_wait_for_modules_of(NULL, NULL);
	suture_release_redirects();
	do_each_backwards(patch, patch->post_unpatch);
	free_places(exchange_places((struct places){}));
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
	/* Of the switch, which stays to be told when nothing goes wrong here. */
	struct suture_report before = suture_last;
	unsigned int i;
	int error;

	if (patch)
		suture_begin_report("apply", patch->owner->name);
	for (i = 1; patch && i < patch->object_count; i++) {
		if (is_there[i] || strcmp(patch->objects[i].name, module->name))
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
		targets[i] = module;
		is_there[i] = true;
		suture_flip_coming(module);
		patch->post_patch(i);
		pr_info("%s: applied to %s, which comes\n", patch->owner->name, module->name);
	}
	suture_last = before;
	return 0;
}

/* Its exit function has run, or its init function has failed. */
void suture_patch_going(struct module *module)
{
	struct suture_patch *patch = suture_applied;
	unsigned int i;

	for (i = 1; patch && i < patch->object_count; i++) {
		if (!is_there[i] || targets[i] != module)
			continue;
		patch->pre_unpatch(i);
		suture_remove_redirects(module);
		is_there[i] = false;
		targets[i] = NULL;
		patch->post_unpatch(i);
	}
}
