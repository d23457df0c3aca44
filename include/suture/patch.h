/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For authors of fixes: what a diff alone cannot say. Every fix may #include <suture/patch.h>; the header is
 * on the include path of the patched source only. docs/patch-authors.md tells when to use what.
 *
 * All of it runs in process context and may sleep, so it is for callbacks and for code that may do so, except
 * where stated.
 */
#ifndef SUTURE_PATCH_H
#define SUTURE_PATCH_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#ifdef CONFIG_LIVEPATCH
#include <linux/livepatch.h>
#endif

/*
 * Callbacks: functions that the fix adds, called for the object (kernel or module) that the unit is part of.
 *
 *   SUTURE_PRE_PATCH(f)     int f(void)   before the first task runs new code; not 0: the patch is not applied
 *   SUTURE_POST_PATCH(f)    void f(void)  when no task runs old code any more
 *   SUTURE_PRE_UNPATCH(f)   void f(void)  before the first task goes back to old code
 *   SUTURE_POST_UNPATCH(f)  void f(void)  when no task runs new code any more; also when the patch was given up
 *                                         after PRE_PATCH had succeeded
 *
 * For a module that is loaded while the patch is, they run before its init function and after its exit function.
 * When a higher level takes this one's place, its PRE_PATCH runs while the effects of this one's are there.
 */
#define SUTURE_PRE_PATCH(fn) SUTURE_CALLBACK_(int, pre_patch, fn)
#define SUTURE_POST_PATCH(fn) SUTURE_CALLBACK_(void, post_patch, fn)
#define SUTURE_PRE_UNPATCH(fn) SUTURE_CALLBACK_(void, pre_unpatch, fn)
#define SUTURE_POST_UNPATCH(fn) SUTURE_CALLBACK_(void, post_unpatch, fn)

/* gcc would write several of them in any order it likes. */
#ifdef __clang__
#define SUTURE_IN_ORDER_
#else
#define SUTURE_IN_ORDER_ __attribute__((__no_reorder__))
#endif
#define SUTURE_CALLBACK_(type, kind, fn) \
	static type (*suture_##kind##_##fn)(void) __used SUTURE_IN_ORDER_ __section(".suture." #kind) = (fn)

/*
 * The object as it is in the running kernel. The compiler believes that a constant still has the value which
 * stands in the source, and would not look; this makes it look.
 */
#define SUTURE_RUNNING(object)                                 \
	(*({                                                   \
		typeof(&(object)) suture_running_ = &(object); \
		OPTIMIZER_HIDE_VAR(suture_running_);           \
		suture_running_;                               \
	}))

/* Identifies a kind of shadow variables by its fix, so that each level of a patchset finds those of the last. */
#define SUTURE_SHADOW_ID(year, number, which) \
	(((unsigned long)(year) << 40) | ((unsigned long)(number) << 8) | (unsigned long)(which))

/*
 * Shadow variables: members that a structure cannot get, for its objects are in use. They outlive the patch
 * which made them; so does what they hold, which may therefore be no pointer to anything that comes with the
 * patch. None is freed with its object: the fix has to, or POST_UNPATCH does it for all.
 *
 * The kernel's livepatch keeps them, whichever engine applies the patch. A kernel without it has none.
 */
#ifdef CONFIG_LIVEPATCH

/* NULL when this object has none. Does not sleep. */
static inline void *suture_shadow_get(void *object, unsigned long id)
{
	return klp_shadow_get(object, id);
}

/*
 * The object's, a new one of zeros if it has none; NULL without memory. A constructor, called under a
 * spinlock, may set more than zeros: 0 keeps the variable. Sleeps as `flags` allow.
 */
static inline void *suture_shadow_get_or_alloc(void *object, unsigned long id, size_t size, gfp_t flags,
					       klp_shadow_ctor_t constructor, void *data)
{
	return klp_shadow_get_or_alloc(object, id, size, flags, constructor, data);
}

/* Does nothing when there is none. The destructor may be NULL. Does not sleep. */
static inline void suture_shadow_free(void *object, unsigned long id, klp_shadow_dtor_t destructor)
{
	klp_shadow_free(object, id, destructor);
}

static inline void suture_shadow_free_all(unsigned long id, klp_shadow_dtor_t destructor)
{
	klp_shadow_free_all(id, destructor);
}

#else

extern void *suture_no_shadow_variables(void)
    __attribute__((__error__("this kernel has no shadow variables: CONFIG_LIVEPATCH is off")));

#define suture_shadow_get(...) suture_no_shadow_variables()
#define suture_shadow_get_or_alloc(...) suture_no_shadow_variables()
#define suture_shadow_free(...) ((void)suture_no_shadow_variables())
#define suture_shadow_free_all(...) ((void)suture_no_shadow_variables())

#endif

/* Kernel image and modules alike. virt_to_page() knows both mappings of the image on x86-64. */
static inline struct page *suture_page_of(unsigned long address)
{
	bool module = address >= MODULES_VADDR && address < MODULES_END;

	if (module || is_vmalloc_addr((const void *)address))
		return vmalloc_to_page((const void *)address);
	return virt_to_page((void *)address);
}

static inline void suture_copy(u8 *to, const u8 *from, size_t length)
{
	while (length > 0) {
		unsigned long at = (unsigned long)to;
		size_t step = 1;

		while (step < 8 && at % (2 * step) == 0 && length >= 2 * step)
			step *= 2;
		switch (step) {
		case 8: {
			u64 word;

			memcpy(&word, from, sizeof(word));
			WRITE_ONCE(*(u64 *)to, word);
			break;
		}
		case 4: {
			u32 word;

			memcpy(&word, from, sizeof(word));
			WRITE_ONCE(*(u32 *)to, word);
			break;
		}
		case 2: {
			u16 word;

			memcpy(&word, from, sizeof(word));
			WRITE_ONCE(*(u16 *)to, word);
			break;
		}
		default:
			WRITE_ONCE(*to, *from);
		}
		to += step;
		from += step;
		length -= step;
	}
}

/*
 * Writes to data of the running kernel or of a module, read-only or not, through a second mapping of its
 * pages. In the order of addresses; each aligned word of 8, 4, 2 or 1 bytes that fits goes in one piece, so a
 * change of one such word is atomic for all readers. All is written (0), or nothing (-ENOMEM, -EFAULT).
 */
static inline int suture_write(const void *destination, const void *source, size_t length)
{
	unsigned long first = (unsigned long)destination & PAGE_MASK;
	size_t offset = offset_in_page(destination);
	unsigned int count = DIV_ROUND_UP(offset + length, PAGE_SIZE);
	unsigned int i;
	struct page **pages;
	void *alias;

	if (!length)
		return 0;
	pages = kmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		pages[i] = suture_page_of(first + i * PAGE_SIZE);
		if (!pages[i]) {
			kfree(pages);
			return -EFAULT;
		}
	}
	alias = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	kfree(pages);
	if (!alias)
		return -ENOMEM;
	suture_copy((u8 *)alias + offset, source, length);
	vunmap(alias);
	return 0;
}

#endif
