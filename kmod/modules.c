// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules that come and go. We are told before anybody else: of a patch of ours before the kernel reads its tables,
 * of a module that is patched before anything of it runs.
 */
#include "suture.h"

#include <linux/notifier.h>
#include <linux/slab.h>

/* A module that is coming, and of which we have been told; it counts as present. */
struct coming {
	struct list_head list;
	const struct module *module;
};

static LIST_HEAD(coming_modules);

static int note_coming(const struct module *module)
{
	struct coming *coming = kmalloc(sizeof(*coming), GFP_KERNEL);

	if (!coming)
		return -ENOMEM;
	coming->module = module;
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
		if (coming->module == module) {
			list_del(&coming->list);
			kfree(coming);
		}
	}
}

/* The module, if it can be patched now. One that is about to come or to go is dealt with when we are told. */
struct module *suture_present(const char *name)
{
	struct module *module = suture_find_module(name);

	if (!module)
		return NULL;
	if (module->state == MODULE_STATE_LIVE || (module->state == MODULE_STATE_COMING && has_come(module)))
		return module;
	return NULL;
}

static int module_comes(struct module *module)
{
	int error = suture_accept(module);

	if (!error)
		error = note_coming(module);
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
