/* SPDX-License-Identifier: GPL-2.0-only */
/* What this level does beside replacing functions, and what the level before has done. */

/* Of struct suture_effects, which the next level reads. */
#define SUTURE_EFFECTS_VERSION 2

static struct suture_effects suture_effects = {
    .steps = suture_steps,
    .step_count = ARRAY_SIZE(suture_steps) - 1,
    .updates = suture_updates,
    .update_count = ARRAY_SIZE(suture_updates) - 1,
    .exits = suture_exits,
    .exit_count = ARRAY_SIZE(suture_exits) - 1,
    .owner = THIS_MODULE,
};

/* Of the level that this one replaces, while it does; all patched modules that are loaded see it. */
static const struct suture_effects *suture_previous;
/* The replacement is done: from now on there is nothing to go back to but the unpatched kernel. */
static bool suture_settled;

/* By the engine: whether a module that is GOING has its exit function behind it. `told`: it was told of just that. */
static bool suture_exit_is_over(const struct module *target, bool told);

static int suture_refuse_previous(void)
{
	pr_err("suture: another version of suture made the level before; revert that one first\n");
	return -EINVAL;
}
