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

	list_for_each_entry(coming, &coming_modules, list) {
		if (coming->module == module)
			return true;
	}
	return false;
}

static void forget_coming(const struct module *module)
{
	struct coming *coming, *safe;

	list_for_each_entry_safe(coming, safe, &coming_modules, list) {
		if (coming->module != module)
			continue;
		/* Who removes us waits for this notifier. */
		if (coming->is_patch)
			module_put(THIS_MODULE);
		list_del(&coming->list);
		kfree(coming);
	}
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

static int module_comes(struct module *module)
{
	bool is_patch;
	int error = suture_accept(module, &is_patch);

	if (!error)
		error = note_coming(module, is_patch);
	if (error)
		return error;
	error = suture_patch_coming(module);
	if (error)
		forget_coming(module);
	return error;
}

static int on_module(struct notifier_block *block, unsigned long action, void *data)
{
	struct module *module = data;
	int error = 0;

	mutex_lock(&suture_lock);
	switch (action) {
	case MODULE_STATE_COMING:
		error = module_comes(module);
		break;
	case MODULE_STATE_LIVE:
		forget_coming(module);
		break;
	case MODULE_STATE_GOING:
		forget_coming(module);
		suture_patch_going(module);
		break;
	}
	mutex_unlock(&suture_lock);
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
