/* SPDX-License-Identifier: GPL-2.0-only */
/* What livepatch calls. It keeps the effects of the level before as the state of that patch. */

#define SUTURE_STATE_ID 0x737574757265UL /* "suture" */

static unsigned int suture_index(const struct klp_object *object);

static bool suture_exit_is_over(const struct module *target, bool told)
{
	return !target->klp_alive;
}

static int suture_pre_patch(struct klp_object *klp_object)
{
	unsigned int object = suture_index(klp_object);
	struct klp_state *state = object == 0 ? klp_get_prev_state(SUTURE_STATE_ID) : NULL;

	if (state && state->version != SUTURE_EFFECTS_VERSION)
		return suture_refuse_previous();
	return suture_start(object, klp_object->mod, state ? state->data : NULL);
}

static void suture_post_patch(struct klp_object *klp_object)
{
	suture_started(suture_index(klp_object));
}

static void suture_pre_unpatch(struct klp_object *klp_object)
{
	suture_stop(suture_index(klp_object));
}

static void suture_post_unpatch(struct klp_object *klp_object)
{
	suture_stopped(suture_index(klp_object));
	suture_prepare_reload(klp_object);
}

static struct klp_state suture_states[] = {
    {.id = SUTURE_STATE_ID, .version = SUTURE_EFFECTS_VERSION, .data = &suture_effects}, {}};

#define SUTURE_CALLBACKS                                                                \
	{                                                                               \
		.pre_patch = suture_pre_patch, .post_patch = suture_post_patch,         \
		.pre_unpatch = suture_pre_unpatch, .post_unpatch = suture_post_unpatch, \
	}
