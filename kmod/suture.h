/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stop-machine engine: replaces functions of the running kernel, all at one instant.
 *
 *   main.c      loads, or says what this kernel lacks
 *   kernel.c    functions that the kernel keeps to itself
 *   symbols.c   addresses by object, name and position
 *   redirect.c  calls of one function go to another, through ftrace or a jump
 *   switches.c  which tasks have run since the last look
 *   stacks.c    which tasks are in the way
 *   stop.c      stops the machine, looks once more, and flips
 *   patch.c     applies a patch, takes it back: the way through all of these
 *   modules.c   modules that come and go
 *   report.c    what happened, in words and numbers
 *   sysfs.c     /sys/kernel/suture
 */
#ifndef SUTURE_H
#define SUTURE_H

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/version.h>

#include "suture_patch.h"

#define SUTURE_VERSION "0.1.0"
#define SUTURE_JUMP_LENGTH 5
/* Functions of one name whose unlikely parts are told apart. */
#define SUTURE_MOST_COLD 16

/* Held around whatever changes the kernel, which may take a minute when tasks are in the way. */
extern struct mutex suture_lock;

/* kernel.c. What it finds does not change afterwards. */
int suture_find_kernel_functions(void);
int suture_check_unwinder(void);
unsigned long suture_kernel_symbol(const char *name);
bool suture_can_count_symbols(void);
int suture_each_match(const char *name, int (*fn)(void *data, unsigned long address), void *data);
bool suture_symbol_extent(unsigned long address, unsigned long *size, unsigned long *offset);
struct module *suture_find_module(const char *name);
struct task_struct *suture_idle_task(int cpu);
int suture_save_stack(struct task_struct *task, unsigned long *entries, unsigned int size);
unsigned long suture_ftrace_location(unsigned long address);
int suture_stop_machine(int (*fn)(void *data), void *data);
void suture_write_stopped(void *place, const void *bytes, size_t length);
void suture_write_running(void *place, const void *bytes, size_t length);
void suture_synchronize_cores(void);
void suture_lock_text(void);
void suture_unlock_text(void);
const char *suture_kernel_build_id(void);

/* symbols.c */
int suture_find_symbol(struct module *module, const char *name, unsigned long sympos, unsigned long *address);
unsigned long suture_find_optional(struct module *module, const char *name, unsigned long sympos);
int suture_check_symbols(const struct suture_patch *patch);
int suture_relocate(const struct suture_patch *patch, unsigned int object);

/* Code of a function that is replaced, or of the part that the compiler moved away from it. */
struct suture_range {
	unsigned long start;
	unsigned long end;
};

/* redirect.c */
struct suture_redirect {
	struct list_head list;
	struct module *module; /* whose function it is; NULL: the kernel's */
	const char *object;
	char *name;
	unsigned long sympos;
	struct suture_range code;
	struct suture_range cold[SUTURE_MOST_COLD];
	unsigned int cold_count;
	void *target; /* where calls go; NULL: nowhere else */
	void *next;   /* where they are to go */
	bool by_jump;
#ifdef CONFIG_DYNAMIC_FTRACE
	struct ftrace_ops ops;
#endif
	unsigned long location; /* of ftrace's call, or of the jump */
	u8 found[SUTURE_JUMP_LENGTH];
};

extern struct list_head suture_redirects;

void suture_begin_redirects(void);
int suture_prepare_redirect(struct module *module, const struct suture_function *function);
bool suture_jumps_are_ours(void);
void suture_flip_redirects(void);
void suture_flip_coming(const struct module *module);
void suture_keep_redirects(void);
void suture_release_redirects(void);
void suture_remove_redirects(const struct module *module);

/* switches.c */
int suture_watch_switches(void);
void suture_unwatch_switches(void);
void suture_begin_watch(void);
u64 suture_first_cpu_stopped(void);
bool suture_each_switched(bool (*fn)(struct task_struct *task, void *data), void *data, bool *complete);

/* stacks.c */
struct suture_blocker {
	pid_t pid;
	pid_t tgid;
	char state;
	bool kernel_thread;
	char name[TASK_COMM_LEN];
	unsigned long address; /* of the frame; 0: its stack cannot be trusted */
};

#define SUTURE_MOST_BLOCKERS 16

struct suture_scan {
	const struct module *leaving; /* whose code nobody may be in either */
	struct suture_range *ranges;  /* sorted */
	unsigned int range_count;
	unsigned int tasks;
	unsigned int examined; /* while the machine stood still */
	unsigned int blocker_count;
	struct suture_blocker blockers[SUTURE_MOST_BLOCKERS];
	/* Tasks that ran while they were looked at. */
	struct task_struct **running;
	unsigned int running_count;
	unsigned int running_size;
	bool everything; /* there was no room: all are to be looked at while the machine stands still */
	unsigned long entries[256];
};

struct suture_scan *suture_make_scan(const struct module *leaving);
void suture_free_scan(struct suture_scan *scan);
void suture_scan_running_machine(struct suture_scan *scan);
bool suture_scan_stopped_machine(struct suture_scan *scan);

/* stop.c */
int suture_switch(const struct module *leaving);

/* patch.c */
extern struct suture_patch *suture_applied;
int suture_enable(struct suture_patch *patch);
int suture_revert(const char *name);
bool suture_is_patch(const char *name);
int suture_accept(struct module *module);
int suture_patch_coming(struct module *module);
void suture_patch_going(struct module *module);

/* modules.c */
void suture_wait_for_modules_of(const struct suture_patch *applied, const struct suture_patch *next);
int suture_watch_modules(void);
void suture_unwatch_modules(void);
struct module *suture_present(const char *name);

/* report.c */
struct suture_report {
	const char *action;
	char patch[MODULE_NAME_LEN];
	int error; /* 0, or a negative number */
	char reason[256];
	unsigned int attempts;
	unsigned int stops;
	u64 pause_ns;
	unsigned int tasks;
	unsigned int examined;
	unsigned int blocker_count;
	struct suture_blocker blockers[SUTURE_MOST_BLOCKERS];
};

/* Of what is under way; under suture_lock. */
extern struct suture_report suture_last;
/* Of what is over; under suture_told_lock, which nobody holds for long. */
extern struct suture_report suture_told;
extern u32 suture_told_level;
extern char suture_told_patch[MODULE_NAME_LEN];
extern struct mutex suture_told_lock;
void suture_begin_report(const char *action, const char *patch);
int suture_end_report(int error);
__printf(2, 3) int suture_refuse(int error, const char *format, ...);

/* sysfs.c */
int suture_make_sysfs(void);
void suture_remove_sysfs(void);

#endif
