/* SPDX-License-Identifier: GPL-2.0-only */
/* What a patch does beside replacing functions: the tables that the builder writes between this file and suture.c. */
#include <suture/patch.h>

/* A word of a variable that exists, to be changed in place. The builder fills in the first four. */
struct suture_update {
	void *address;
	u64 old_value; /* in the source without the fix */
	u64 new_value;
	u64 width;    /* bytes: 1, 2, 4, 8 */
	u64 found;    /* what was there before us: back to it when the patch is given up */
	u64 original; /* what was there before any patch: back to it when the patch is taken back */
	u64 applied;
};

struct suture_update_of {
	unsigned int object; /* index into suture_objects */
	const char *variable;
	struct suture_update *update;
};

/* Callbacks of one author that belong together. Any may be NULL. */
struct suture_step {
	unsigned int object;
	const char *name; /* by which the next level knows its own */
	int (*pre_patch)(void);
	void (*post_patch)(void);
	void (*pre_unpatch)(void);
	void (*post_unpatch)(void);
	bool active; /* pre_patch has succeeded */
};

/* A module's exit function, see exit.c. The builder fills in the first two. */
struct suture_exit {
	unsigned int object;
	void (*replacement)(void);
	struct module *target; /* NULL unless its pointer is exchanged */
	void (*found)(void);   /* as in suture_update */
	void (*original)(void);
};

/* The whole of it, for the level that will replace this one. */
struct suture_effects {
	struct suture_step *steps;
	unsigned int step_count;
	const struct suture_update_of *updates;
	unsigned int update_count;
	struct suture_exit *exits;
	unsigned int exit_count;
	struct module *owner;
};
