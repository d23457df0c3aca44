/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stop-machine engine calls (struct suture_patch), and what it hands from one level to the next. */

struct suture_handed_on {
	unsigned long version;
	const struct suture_effects *effects;
};

static const struct suture_handed_on suture_handed_on = {
    .version = SUTURE_EFFECTS_VERSION,
    .effects = &suture_effects,
};

/*
 * The engine learns that a module goes when its exit function is over, and lets none begin to go while it switches.
 * Of one that was on its way before, nothing is known.
 */
static bool suture_exit_is_over(const struct module *target, bool told)
{
	return told;
}

static int suture_pre_patch(unsigned int object, struct module *target, const void *previous)
{
	const struct suture_handed_on *before = object == 0 ? previous : NULL;

	if (before && before->version != SUTURE_EFFECTS_VERSION)
		return suture_refuse_previous();
	return suture_start(object, target, before ? before->effects : NULL);
}
