// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules that come and go. We are told before anybody else: of a patch of ours before the kernel reads its tables,
 * of a module that is patched before anything of it runs.
 */
#include "suture.h"

#include <linux/err.h>
#include <linux/notifier.h>
#include <linux/slab.h>

/* A module that is coming, and of which we have been told; it counts as present. */
struct coming {
	struct list_head list;
	const struct module *module;
	bool is_patch; /* of ours: its init function calls us, so we may not go */
};

static LIST_HEAD(coming_modules);

/* The patch that is applied, and the one that is about to be: their modules wait for suture_lock, no others do. */
static const struct suture_patch *patches[2];

/* Of these two, and the list. */
static DEFINE_MUTEX(modules_lock);

void suture_wait_for_modules_of(const struct suture_patch *applied, const struct suture_patch *next)
{
	mutex_lock(&modules_lock);
	patches[0] = applied;
	patches[1] = next;
	mutex_unlock(&modules_lock);
}

static bool is_patched(const struct module *module)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(patches); i++) {
		for (k = 1; patches[i] && k < patches[i]->object_count; k++) {
			if (!strcmp(patches[i]->objects[k].name, module->name))
				return true;
		}
	}
	return false;
}

static int note_coming(const struct module *module, bool is_patch)
{
	struct coming *coming = kmalloc(sizeof(*coming), GFP_KERNEL);

	if (!coming)
		return -ENOMEM;
	if (is_patch && !try_module_get(THIS_MODULE)) {
		kfree(coming);
		return -ENODEV;
	}
	coming->module = module;
	coming->is_patch = is_patch;
	list_add(&coming->list, &coming_modules);
	return 0;
}

static bool has_come(const struct module *module)
{
	struct coming *coming;
	bool found = false;

	mutex_lock(&modules_lock);
	list_for_each_entry(coming, &coming_modules, list)
		found = found || coming->module == module;
	mutex_unlock(&modules_lock);
	return found;
}

static void module_is_no_longer_coming(const struct module *module)
{
	struct coming *coming, *safe;

	mutex_lock(&modules_lock);
	list_for_each_entry_safe(coming, safe, &coming_modules, list) {
		if (coming->module != module)
			continue;
		/* Who removes us waits for this notifier. */
		if (coming->is_patch)
			module_put(THIS_MODULE);
		list_del(&coming->list);
		kfree(coming);
	}
	mutex_unlock(&modules_lock);
}

/*
 * The module, if it can be patched now. One that goes is dealt with when we are told; of one that is just coming we may
 * have been told when there was nothing to patch, or when we were not there yet, and that cannot be told apart.
 */
struct module *suture_present(const char *name)
{
	struct module *module = suture_find_module(name);

	if (!module || module->state == MODULE_STATE_GOING || module->state == MODULE_STATE_UNFORMED)
		return NULL;
	if (module->state == MODULE_STATE_COMING && !has_come(module)) {
		suture_refuse(-EAGAIN, "%s is just being loaded", name);
		return ERR_PTR(-EAGAIN);
	}
	return module;
}

/* One of our patches: what it is for is looked at first, and nothing of it runs before. */
static int patch_comes(struct module *module)
{
	int error;

	mutex_lock(&suture_lock);
	error = suture_accept(module);
	mutex_unlock(&suture_lock);
	return error;
}

static int patched_module_comes(struct module *module)
{
	int error;

	mutex_lock(&suture_lock);
	error = suture_patch_coming(module);
	mutex_unlock(&suture_lock);
	return error;
}

static int module_comes(struct module *module)
{
	bool is_patch = suture_is_patch(module->name);
	bool patched;
	int error = is_patch ? patch_comes(module) : 0;

	if (error)
		return error;
	/* Either we see here that it is patched, or whoever applies the patch sees that it has come. */
	mutex_lock(&modules_lock);
	error = note_coming(module, is_patch);
	patched = is_patched(module);
	mutex_unlock(&modules_lock);
	if (error || !patched)
		return error;
	error = patched_module_comes(module);
	if (error)
		module_is_no_longer_coming(module);
	return error;
}

static void module_goes(struct module *module)
{
	bool patched;

	module_is_no_longer_coming(module);
	mutex_lock(&modules_lock);
	patched = is_patched(module);
	mutex_unlock(&modules_lock);
	if (!patched)
		return;
	mutex_lock(&suture_lock);
	suture_patch_going(module);
	mutex_unlock(&suture_lock);
}

static int on_module(struct notifier_block *block, unsigned long action, void *data)
{
	int error = 0;

	if (action == MODULE_STATE_COMING)
		error = module_comes(data);
	else if (action == MODULE_STATE_LIVE)
		module_is_no_longer_coming(data);
	else if (action == MODULE_STATE_GOING)
		module_goes(data);
	return notifier_from_errno(error);
}

static struct notifier_block notifier = {
	.notifier_call = on_module,
	.priority = INT_MAX,
};

int suture_watch_modules(void)
{
	return register_module_notifier(&notifier);
}

void suture_unwatch_modules(void)
{
	struct coming *coming, *safe;

	unregister_module_notifier(&notifier);
	list_for_each_entry_safe(coming, safe, &coming_modules, list)
		kfree(coming);
}
