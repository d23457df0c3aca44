/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's exit function has no ftrace entry: __exit implies notrace. The kernel calls it once, through a
 * pointer in struct module, so that pointer is exchanged.
 *
 * The engine knows nothing of it, and would let this module go while its code runs. So each exchanged pointer holds
 * a reference to this module, until it is restored and nobody can be in the function. That runs only in a module
 * which is GOING, and is over when the engine learns of it (kernel/module/main.c, delete_module: klp_module_going()
 * and the notifiers come behind mod->exit()). In between nothing tells whether it still runs, and this module stays
 * in memory.
 */

/* What the level before has done to the same module, if anything. */
static struct suture_exit *suture_exit_before(const struct module *target)
{
	unsigned int i;

	for (i = 0; suture_previous && i < suture_previous->exit_count; i++) {
		if (suture_previous->exits[i].target == target)
			return &suture_previous->exits[i];
	}
	return NULL;
}

static void suture_exchange_exit(struct module *target, void (*exit)(void))
{
#ifdef CONFIG_MODULE_UNLOAD
	WRITE_ONCE(target->exit, exit);
#endif
}

/* The pointer of this one was exchanged again, and its owner may go. `over`: also if its module is GOING. */
static void suture_release_exit(struct suture_exit *exit, struct module *owner, bool over)
{
	struct module *target = exit->target;

	exit->target = NULL;
	/* Who removes a module makes it GOING, and then reads the pointer. */
	smp_mb();
	if (READ_ONCE(target->state) != MODULE_STATE_GOING || over)
		module_put(owner);
	else
		pr_warn("suture: %s is just being removed: %s stays in memory\n", target->name, owner->name);
}

static int suture_do_exits(unsigned int object, struct module *target)
{
	unsigned int i;

	for (i = 0; i < suture_effects.exit_count; i++) {
		struct suture_exit *exit = &suture_exits[i];
		struct suture_exit *before = suture_exit_before(target);

		if (exit->object != object)
			continue;
#ifdef CONFIG_MODULE_UNLOAD
		exit->found = target->exit;
#endif
		exit->original = before ? before->original : exit->found;
		if (!exit->original || !within_module((unsigned long)exit->original, target)) {
			pr_err("suture: another module has exchanged the exit function of %s\n",
			       target->name);
			return -EINVAL;
		}
		exit->target = target;
		__module_get(THIS_MODULE);
		suture_exchange_exit(target, exit->replacement);
	}
	return 0;
}

static void suture_restore_exits(unsigned int object)
{
	unsigned int i;

	for (i = 0; i < suture_effects.exit_count; i++) {
		struct suture_exit *exit = &suture_exits[i];

		if (exit->object != object || !exit->target)
			continue;
		suture_exchange_exit(exit->target, suture_settled ? exit->original : exit->found);
		suture_release_exit(exit, THIS_MODULE, suture_exit_is_over(exit->target, true));
	}
}

/* Of the level before: take back what is no part of this one, and let it go. */
static void suture_undo_previous_exits(void)
{
	unsigned int i, k;

	for (i = 0; i < suture_previous->exit_count; i++) {
		struct suture_exit *exit = &suture_previous->exits[i];
		bool taken_over = false;

		if (!exit->target)
			continue;
		for (k = 0; k < suture_effects.exit_count; k++)
			taken_over = taken_over || suture_exits[k].target == exit->target;
		if (!taken_over)
			suture_exchange_exit(exit->target, exit->original);
		suture_release_exit(exit, suture_previous->owner, suture_exit_is_over(exit->target, false));
	}
}
