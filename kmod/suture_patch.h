/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a patch module (suture_stop_N.ko) and the stop-machine engine (suture.ko) know of each other.
 *
 * A patch module is an ordinary one that holds new code and these tables, in a variable called suture_patch. The
 * engine finds it when the module is COMING, before the kernel reads any other table of it, and fills in enable().
 * The module's init function calls that, or fails when nobody has filled it in. From then on the engine holds a
 * reference to the module, until the patch is taken back or replaced.
 *
 * Symbols of the kernel that it does not export are addressed from one that it does, by the distance between them
 * in the image of just this build. The engine looks each of them up by name, and refuses a module that has one
 * elsewhere. Symbols of modules, which come and go, are looked up, and written into the code, when their module is
 * there.
 */
#ifndef SUTURE_PATCH_MODULE_H
#define SUTURE_PATCH_MODULE_H

#include <linux/module.h>
#include <linux/types.h>

#define SUTURE_PATCH_ABI 1
#define SUTURE_ENTRY_BYTES 16

/* A function to be replaced. */
struct suture_function {
	const char *name;
	unsigned long sympos; /* which of that name in its object, by address, from 1; 0: there is one */
	void *replacement;
	/*
	 * For one that ftrace cannot reach: its first bytes, as far as a jump there would be safe (no branch
	 * leads into them, and the kernel does not change them); 0 bytes: it would not. Bits that are not set in
	 * the mask depend on where the kernel lies.
	 */
	unsigned int entry_length;
	u8 entry[SUTURE_ENTRY_BYTES];
	u8 entry_mask[SUTURE_ENTRY_BYTES];
};

struct suture_object {
	const char *name; /* a module's, as in /proc/modules; NULL: the kernel, which comes first */
	const struct suture_function *functions;
	unsigned int function_count;
};

/* A symbol that is not exported, or is of a module. */
struct suture_symbol {
	const char *object; /* NULL: the kernel */
	const char *name;
	unsigned long sympos;
	const void *address; /* where the builder has it; NULL: of a module */
};

/* A place in this module's code or data that depends on a symbol of a module. */
struct suture_relocation {
	void *place;
	s64 addend;
	u32 symbol; /* index into symbols */
	u16 type;   /* R_X86_64_… */
	u16 object; /* index into objects: to be filled in when that is there, before its functions are replaced */
};

struct suture_patch {
	u32 abi; /* SUTURE_PATCH_ABI */
	u32 level;
	const char *build_id; /* of the kernel, lower-case hexadecimal */
	struct module *owner;
	const struct suture_object *objects;
	const struct suture_symbol *symbols;
	const struct suture_relocation *relocations;
	unsigned int object_count;
	unsigned int symbol_count;
	unsigned int relocation_count;

	/*
	 * What the patch does beside replacing functions, object by object: pre_patch() while old code runs,
	 * post_patch() when new code does; back: pre_unpatch() and post_unpatch(). The last one also follows a
	 * pre_patch() whose functions were not replaced after all, and post_patch() a pre_unpatch() whose
	 * functions stayed. `previous` are the effects of the level whose place this one takes, of which none
	 * is called any more; or NULL. They may sleep.
	 */
	int (*pre_patch)(unsigned int object, struct module *target, const void *previous);
	void (*post_patch)(unsigned int object);
	void (*pre_unpatch)(unsigned int object);
	void (*post_unpatch)(unsigned int object);
	const void *effects;

	int (*enable)(struct suture_patch *patch); /* by the engine */
};

#endif
