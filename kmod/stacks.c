// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tasks are in the way: those with code on their stack that is to be replaced, or that is to go, and those whose
 * stack cannot be trusted.
 *
 * All tasks are looked at while the machine runs, in no hurry. One that sleeps and is in the way is found there, and
 * nothing has to stand still to know that it is too early. What is left for the moment when the machine stands still
 * are the tasks that ran while they were looked at, and those that have run since (switches.c).
 *
 * A task that is about to vanish, and is in no list of tasks any more, is not seen; livepatch does not see it either.
 */
#include "suture.h"

#include <linux/cpu.h>
#include <linux/kallsyms.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/sort.h>

/* Between two pauses for others on the way through all tasks. */
#define TASKS_AT_ONCE 32

static int compare_ranges(const void *a, const void *b)
{
	const struct suture_range *left = a;
	const struct suture_range *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* What the redirects replace or will replace; and all of this module, if any. */
struct suture_scan *suture_make_scan(const struct module *leaving)
{
	struct suture_scan *scan = kvzalloc(sizeof(*scan), GFP_KERNEL);
	struct suture_redirect *redirect;
	unsigned int most = 0;
	unsigned int i;

	if (!scan)
		return NULL;
	list_for_each_entry(redirect, &suture_redirects, list)
		most += 1 + redirect->cold_count;
	scan->leaving = leaving;
	scan->running_size = 4 * num_possible_cpus() + 64;
	scan->ranges = kvcalloc(most + 1, sizeof(*scan->ranges), GFP_KERNEL);
	scan->running = kvcalloc(scan->running_size, sizeof(*scan->running), GFP_KERNEL);
	if (!scan->ranges || !scan->running) {
		suture_free_scan(scan);
		return NULL;
	}
	list_for_each_entry(redirect, &suture_redirects, list) {
		scan->ranges[scan->range_count++] = redirect->code;
		for (i = 0; i < redirect->cold_count; i++)
			scan->ranges[scan->range_count++] = redirect->cold[i];
	}
	sort(scan->ranges, scan->range_count, sizeof(*scan->ranges), compare_ranges, NULL);
	return scan;
}

static void forget_running(struct suture_scan *scan)
{
	while (scan->running_count)
		put_task_struct(scan->running[--scan->running_count]);
}

void suture_free_scan(struct suture_scan *scan)
{
	if (!scan)
		return;
	forget_running(scan);
	kvfree(scan->running);
	kvfree(scan->ranges);
	kvfree(scan);
}

static bool is_in_the_way(const struct suture_scan *scan, unsigned long address)
{
	unsigned int low = 0;
	unsigned int high = scan->range_count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (scan->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && address < scan->ranges[low - 1].end)
		return true;
	return scan->leaving && within_module(address, scan->leaving);
}

static void note_blocker(struct suture_scan *scan, struct task_struct *task, unsigned long address)
{
	struct suture_blocker *blocker;

	if (scan->blocker_count == SUTURE_MOST_BLOCKERS)
		return;
	blocker = &scan->blockers[scan->blocker_count++];
	blocker->pid = task->pid;
	blocker->tgid = task->tgid;
	blocker->state = task_state_to_char(task);
	blocker->kernel_thread = task->flags & PF_KTHREAD;
	blocker->address = address;
	strscpy(blocker->name, task->comm, sizeof(blocker->name));
}

/* Of a task that does not run. */
static bool is_clear(struct suture_scan *scan, struct task_struct *task)
{
	int count = suture_save_stack(task, scan->entries, ARRAY_SIZE(scan->entries));
	int i;

	if (count < 0) {
		note_blocker(scan, task, 0);
		return false;
	}
	for (i = 0; i < count; i++) {
		if (is_in_the_way(scan, scan->entries[i])) {
			note_blocker(scan, task, scan->entries[i]);
			return false;
		}
	}
	return true;
}

static bool runs_now(const struct task_struct *task)
{
#ifdef CONFIG_SMP
	return READ_ONCE(task->on_cpu);
#else
	return task == current;
#endif
}

static void keep_for_later(struct suture_scan *scan, struct task_struct *task)
{
	if (scan->running_count == scan->running_size) {
		scan->everything = true;
		return;
	}
	get_task_struct(task);
	scan->running[scan->running_count++] = task;
}

/*
 * While the machine runs. The task may begin to run at any time; then it is noted (switches.c), and what was seen of
 * its stack does not count.
 */
static void look_at(struct suture_scan *scan, struct task_struct *task)
{
	unsigned int blockers = scan->blocker_count;

	scan->tasks++;
	if (runs_now(task)) {
		keep_for_later(scan, task);
		return;
	}
	/* It does not run, unless it was switched to just now; and what is behind this line was written before. */
	smp_rmb();
	if (is_clear(scan, task))
		return;
	if (runs_now(task)) {
		scan->blocker_count = blockers;
		keep_for_later(scan, task);
	}
}

/* Lets others run for a moment. False when the task has vanished meanwhile, and so the way on. */
static bool rest(struct task_struct *process, struct task_struct *task)
{
	bool there;

	get_task_struct(process);
	get_task_struct(task);
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
	there = pid_alive(process) && pid_alive(task);
	put_task_struct(task);
	put_task_struct(process);
	return there;
}

static bool look_at_all(struct suture_scan *scan, bool with_rests)
{
	struct task_struct *process, *task;
	unsigned int looked_at = 0;
	bool complete = true;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		if (with_rests && ++looked_at % TASKS_AT_ONCE == 0 && !rest(process, task)) {
			complete = false;
			goto out;
		}
		look_at(scan, task);
	}
out:
	rcu_read_unlock();
	return complete;
}

/* The caller holds the lock of CPU hotplug, and switches are noted. */
void suture_scan_running_machine(struct suture_scan *scan)
{
	unsigned int tries;
	int cpu;

	for (tries = 0;; tries++) {
		forget_running(scan);
		scan->tasks = 0;
		scan->blocker_count = 0;
		scan->everything = false;
		/* Where tasks vanish all the time, once without rests. */
		if (look_at_all(scan, tries < 5) || tries == 5)
			break;
	}
	for_each_online_cpu(cpu)
		look_at(scan, suture_idle_task(cpu));
}

static bool look_at_stopped(struct task_struct *task, void *data)
{
	struct suture_scan *scan = data;

	/* Those that hold the other CPUs still do what we do, in the same functions. */
	if (runs_now(task) && task != current)
		return true;
	scan->examined++;
	return is_clear(scan, task);
}

static bool look_at_all_stopped(struct suture_scan *scan)
{
	struct task_struct *process, *task;
	int cpu;

	for_each_process_thread(process, task) {
		if (!look_at_stopped(task, scan))
			return false;
	}
	for_each_online_cpu(cpu) {
		if (!look_at_stopped(suture_idle_task(cpu), scan))
			return false;
	}
	return true;
}

/* Is nobody in the way? */
bool suture_scan_stopped_machine(struct suture_scan *scan)
{
	bool complete;
	unsigned int i;

	scan->examined = 0;
	scan->blocker_count = 0;
	if (!look_at_stopped(current, scan))
		return false;
	if (scan->everything)
		return look_at_all_stopped(scan);
	for (i = 0; i < scan->running_count; i++) {
		if (!look_at_stopped(scan->running[i], scan))
			return false;
	}
	if (!suture_each_switched(look_at_stopped, scan, &complete))
		return false;
	return complete || look_at_all_stopped(scan);
}
