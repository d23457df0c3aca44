// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tasks have run since the last look. A task that has not cannot have entered an old function, so it need not
 * be looked at again while the machine stands still, however many of them there are.
 *
 * The scheduler tells of each switch through its tracepoint. Each CPU notes the tasks that it switches to in a set
 * of its own. There are two sets: while one is filled, the other, of an earlier time, is emptied by somebody who may
 * sleep, since letting go of a task may.
 *
 * A kernel without tracepoints tells of nothing: there all tasks are looked at while the machine stands still.
 */
#include "suture.h"

#ifdef CONFIG_TRACEPOINTS

#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <linux/hash.h>

#define SET_BITS 10
#define SET_SLOTS (1U << SET_BITS)
/* Half full, looking for a free slot takes no longer than a few steps. */
#define SET_MOST (SET_SLOTS / 2)

/* The tasks one after another, for who goes through them while the machine stands still; and by their address. */
struct task_set {
	unsigned int count;
	bool full;
	struct task_struct *tasks[SET_MOST];
	const struct task_struct *slots[SET_SLOTS];
};

static struct tracepoint *sched_switch;
static struct task_set __percpu *sets[2];
static unsigned int current_set;
static bool watching;
static DEFINE_PER_CPU(u64, last_switch);

static void note_task(struct task_set *set, struct task_struct *task)
{
	unsigned int slot = hash_ptr(task, SET_BITS);

	while (set->slots[slot]) {
		if (set->slots[slot] == task)
			return;
		slot = (slot + 1) % SET_SLOTS;
	}
	if (set->count == SET_MOST) {
		set->full = true;
		return;
	}
	get_task_struct(task);
	set->slots[slot] = task;
	set->tasks[set->count++] = task;
}

/* With interrupts off, in the middle of a switch. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
static void notrace probe_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next)
#else
static void notrace probe_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next,
				 unsigned int prev_state)
#endif
{
	note_task(this_cpu_ptr(sets[READ_ONCE(current_set)]), next);
	this_cpu_write(last_switch, ktime_get_mono_fast_ns());
}

/* While the machine stands still: since when, or 0. The last switch of each CPU was to the thread that holds it. */
u64 suture_first_cpu_stopped(void)
{
	u64 first = U64_MAX;
	int cpu;

	for_each_online_cpu(cpu)
		first = min(first, per_cpu(last_switch, cpu));
	return first;
}

static void find_tracepoint(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "sched_switch"))
		sched_switch = tracepoint;
}

static void empty_sets(unsigned int which)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct task_set *set = per_cpu_ptr(sets[which], cpu);

		while (set->count)
			put_task_struct(set->tasks[--set->count]);
		memset(set->slots, 0, sizeof(set->slots));
		set->full = false;
	}
}

/* Until suture_unwatch_switches(). */
int suture_watch_switches(void)
{
	int error;

	for_each_kernel_tracepoint(find_tracepoint, NULL);
	if (!sched_switch)
		return suture_refuse(-EOPNOTSUPP, "this kernel does not tell of task switches");
	sets[0] = __alloc_percpu(sizeof(struct task_set), __alignof__(struct task_set));
	sets[1] = __alloc_percpu(sizeof(struct task_set), __alignof__(struct task_set));
	if (!sets[0] || !sets[1]) {
		error = -ENOMEM;
		goto free;
	}
	current_set = 0;
	error = tracepoint_probe_register(sched_switch, probe_switch, NULL);
	if (error)
		goto free;
	watching = true;
	return 0;
free:
	free_percpu(sets[0]);
	free_percpu(sets[1]);
	return error;
}

void suture_unwatch_switches(void)
{
	unsigned int i;

	if (!watching)
		return;
	watching = false;
	tracepoint_probe_unregister(sched_switch, probe_switch, NULL);
	tracepoint_synchronize_unregister();
	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		empty_sets(i);
		free_percpu(sets[i]);
	}
}

/* From now on every switch is noted anew: when this returns, none is under way that began before. */
void suture_begin_watch(void)
{
	WRITE_ONCE(current_set, !current_set);
	/* The scheduler switches with interrupts off, which holds the end of this up. */
	synchronize_rcu();
	empty_sets(!current_set);
}

/*
 * While the machine stands still: calls fn for each task that was switched to since then, until it says no. False
 * when it did, or when there were more than could be noted.
 */
bool suture_each_switched(bool (*fn)(struct task_struct *task, void *data), void *data, bool *complete)
{
	unsigned int i;
	int cpu;

	*complete = true;
	for_each_possible_cpu(cpu) {
		const struct task_set *set = per_cpu_ptr(sets[current_set], cpu);

		if (set->full)
			*complete = false;
		for (i = 0; i < set->count; i++) {
			if (!fn(set->tasks[i], data))
				return false;
		}
	}
	return true;
}

#else

int suture_watch_switches(void)
{
	return 0;
}

void suture_unwatch_switches(void)
{
}

void suture_begin_watch(void)
{
}

u64 suture_first_cpu_stopped(void)
{
	return 0;
}

bool suture_each_switched(bool (*fn)(struct task_struct *task, void *data), void *data, bool *complete)
{
	*complete = false;
	return true;
}

#endif
