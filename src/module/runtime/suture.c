/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a patch does beside replacing functions. In each object: check that the variables hold what they should,
 * call the authors' PRE_PATCH, write the variables, exchange the exit function; [functions are replaced];
 * POST_PATCH. Back: PRE_UNPATCH; [functions are restored]; restore exit function and variables, POST_UNPATCH. So
 * old code may see new data, and new code never sees old data.
 *
 * The engine calls no callbacks of a patch that is replaced by another, for it cannot know what that one takes
 * over. We can: each level leaves its tables to the next, which goes on from there, and undoes what it has not.
 *
 * This file is the same for both engines; klp.c and stop_machine.c are what they call.
 */

static u64 suture_read(const struct suture_update *update)
{
	switch (update->width) {
	case 1:
		return READ_ONCE(*(u8 *)update->address);
	case 2:
		return READ_ONCE(*(u16 *)update->address);
	case 4:
		return READ_ONCE(*(u32 *)update->address);
	default:
		return READ_ONCE(*(u64 *)update->address);
	}
}

static bool suture_same_place(const struct suture_update *a, const struct suture_update *b)
{
	return a->address == b->address && a->width == b->width;
}

static bool suture_overlap(const struct suture_update *a, const struct suture_update *b)
{
	return a->address < b->address + b->width && b->address < a->address + a->width;
}

/* What the level before this one has done to the same bytes, if anything. */
static const struct suture_update *suture_before(const struct suture_update *update)
{
	unsigned int i;

	for (i = 0; suture_previous && i < suture_previous->update_count; i++) {
		const struct suture_update *other = suture_previous->updates[i].update;

		if (other->applied && suture_overlap(update, other))
			return other;
	}
	return NULL;
}

static int suture_check(const struct suture_update_of *entry)
{
	struct suture_update *update = entry->update;
	const struct suture_update *before = suture_before(update);
	u64 expected = before ? before->new_value : update->old_value;

	if (before && !suture_same_place(before, update)) {
		pr_err("suture: %s: the level before changes other bytes of it; revert that one first\n",
		       entry->variable);
		return -EINVAL;
	}
	update->found = suture_read(update);
	update->original = before ? before->original : update->found;
	if (update->found == expected)
		return 0;
	pr_err("suture: %s holds %#llx instead of %#llx: the patch is not applied\n", entry->variable,
	       update->found, expected);
	return -EINVAL;
}

static void suture_restore_updates(unsigned int object)
{
	unsigned int i;

	for (i = suture_effects.update_count; i-- > 0;) {
		struct suture_update *update = suture_updates[i].update;
		u64 value = suture_settled ? update->original : update->found;

		if (suture_updates[i].object != object || !update->applied)
			continue;
		if (suture_write(update->address, &value, update->width))
			pr_err("suture: %s keeps its new value for want of memory\n",
			       suture_updates[i].variable);
		update->applied = false;
	}
}

static void suture_undo_steps(unsigned int object)
{
	unsigned int i;

	for (i = suture_effects.step_count; i-- > 0;) {
		struct suture_step *step = &suture_steps[i];

		if (step->object != object || !step->active)
			continue;
		step->active = false;
		if (step->post_unpatch)
			step->post_unpatch();
	}
}

static int suture_do_steps(unsigned int object)
{
	unsigned int i;
	int error;

	for (i = 0; i < suture_effects.step_count; i++) {
		struct suture_step *step = &suture_steps[i];

		if (step->object != object)
			continue;
		error = step->pre_patch ? step->pre_patch() : 0;
		if (error) {
			pr_err("suture: %s refused the patch: %d\n", step->name, error);
			return error;
		}
		step->active = true;
	}
	return 0;
}

static int suture_do_updates(unsigned int object)
{
	unsigned int i;
	int error;

	for (i = 0; i < suture_effects.update_count; i++) {
		struct suture_update *update = suture_updates[i].update;

		if (suture_updates[i].object != object)
			continue;
		error = suture_write(update->address, &update->new_value, update->width);
		if (error)
			return error;
		update->applied = true;
	}
	return 0;
}

static bool suture_takes_over_step(const struct suture_step *old)
{
	unsigned int i;

	for (i = 0; i < suture_effects.step_count; i++) {
		if (!strcmp(suture_steps[i].name, old->name))
			return true;
	}
	return false;
}

static bool suture_takes_over_update(const struct suture_update *old)
{
	unsigned int i;

	for (i = 0; i < suture_effects.update_count; i++) {
		if (suture_same_place(suture_updates[i].update, old))
			return true;
	}
	return false;
}

/* Of the level before, when no task runs its code any more: take back what is no part of this one. */
static void suture_undo_previous(void)
{
	unsigned int i;

	for (i = suture_previous->update_count; i-- > 0;) {
		struct suture_update *update = suture_previous->updates[i].update;

		if (!update->applied || suture_takes_over_update(update))
			continue;
		if (suture_write(update->address, &update->original, update->width))
			pr_err("suture: %s keeps its value for want of memory\n",
			       suture_previous->updates[i].variable);
	}
	for (i = suture_previous->step_count; i-- > 0;) {
		struct suture_step *step = &suture_previous->steps[i];

		if (!step->active || suture_takes_over_step(step))
			continue;
		if (step->pre_unpatch)
			step->pre_unpatch();
		if (step->post_unpatch)
			step->post_unpatch();
	}
}

static int suture_start(unsigned int object, struct module *target, const struct suture_effects *previous)
{
	unsigned int i;
	int error = 0;

	/* The kernel comes first, and comes only while we take the place of the level before. */
	if (object == 0)
		suture_previous = previous;
	for (i = 0; i < suture_effects.update_count && !error; i++) {
		if (suture_updates[i].object == object)
			error = suture_check(&suture_updates[i]);
	}
	if (!error)
		error = suture_do_steps(object);
	if (!error)
		error = suture_do_updates(object);
	if (!error)
		error = suture_do_exits(object, target);
	if (error) {
		suture_restore_exits(object);
		suture_restore_updates(object);
		suture_undo_steps(object);
	}
	return error;
}

static void suture_started(unsigned int object)
{
	unsigned int i;

	for (i = 0; i < suture_effects.step_count; i++) {
		if (suture_steps[i].object == object && suture_steps[i].post_patch)
			suture_steps[i].post_patch();
	}
	if (object == 0) {
		if (suture_previous) {
			suture_undo_previous_exits();
			suture_undo_previous();
		}
		suture_previous = NULL;
		suture_settled = true;
	}
}

static void suture_stop(unsigned int object)
{
	unsigned int i;

	for (i = suture_effects.step_count; i-- > 0;) {
		if (suture_steps[i].object == object && suture_steps[i].pre_unpatch)
			suture_steps[i].pre_unpatch();
	}
}

static void suture_stopped(unsigned int object)
{
	suture_restore_exits(object);
	suture_restore_updates(object);
	suture_undo_steps(object);
}
