// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stops the machine, looks once more, and flips all redirects; or lets it go on, and tries again later.
 */
#include "suture.h"

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <asm/sync_core.h>

static int set_tries(const char *text, const struct kernel_param *parameter)
{
	return param_set_uint_minmax(text, parameter, 1, 1000);
}

static const struct kernel_param_ops tries_ops = {
	.set = set_tries,
	.get = param_get_uint,
};

static unsigned int tries = 20;
module_param_cb(tries, &tries_ops, &tries, 0644);
MODULE_PARM_DESC(tries, "how often to try until no task is in the way (1 to 1000; 20)");

#define FIRST_WAIT_MS 10
#define LONGEST_WAIT_MS 1000

struct stop {
	struct suture_scan *scan;
	atomic_t arrived;
	int done;
	int error;
	u64 begun;
	u64 pause_ns; /* from the first CPU that stopped */
};

static int look_and_flip(struct stop *stop)
{
	if (!suture_scan_stopped_machine(stop->scan))
		return -EBUSY;
	if (!suture_jumps_are_ours())
		return -ESTALE;
	suture_flip_redirects();
	return 0;
}

/* On all CPUs, with interrupts off. One works; the others wait, and then read anew what it may have written. */
static int while_stopped(void *data)
{
	struct stop *stop = data;

	if (atomic_inc_return(&stop->arrived) == 1) {
		stop->error = look_and_flip(stop);
		stop->pause_ns = ktime_get_mono_fast_ns() - max(stop->begun, suture_first_cpu_stopped());
		/* What was written is there for who sees this. */
		smp_store_release(&stop->done, 1);
		return 0;
	}
	/* Of the one that works, above. */
	while (!smp_load_acquire(&stop->done))
		cpu_relax();
	sync_core();
	return 0;
}

static int stop_once(struct suture_scan *scan)
{
	struct stop stop = { .scan = scan, .arrived = ATOMIC_INIT(0), .begun = ktime_get_mono_fast_ns() };
	int error = suture_stop_machine(while_stopped, &stop);

	suture_last.stops++;
	suture_last.pause_ns = max(suture_last.pause_ns, stop.pause_ns);
	suture_last.examined = scan->examined;
	return error ? error : stop.error;
}

static int try_once(struct suture_scan *scan)
{
	int error = -EBUSY;

	suture_begin_watch();
	cpus_read_lock();
	suture_lock_text();
	suture_scan_running_machine(scan);
	if (!scan->blocker_count)
		error = stop_once(scan);
	suture_unlock_text();
	cpus_read_unlock();

	suture_last.attempts++;
	suture_last.tasks = scan->tasks;
	suture_last.blocker_count = error == -EBUSY ? scan->blocker_count : 0;
	memcpy(suture_last.blockers, scan->blockers, sizeof(scan->blockers));
	return error;
}

static int try_all(struct suture_scan *scan)
{
	unsigned int wait = FIRST_WAIT_MS;
	unsigned int left = READ_ONCE(tries);
	int error;

	for (;;) {
		error = try_once(scan);
		if (error != -EBUSY || --left == 0)
			return error;
		if (msleep_interruptible(wait) || signal_pending(current))
			return -EINTR;
		wait = min(2 * wait, (unsigned int)LONGEST_WAIT_MS);
	}
}

static bool is_caller_in_the_way(void)
{
	unsigned int i;

	for (i = 0; i < suture_last.blocker_count; i++) {
		if (suture_last.blockers[i].pid == current->pid)
			return true;
	}
	return false;
}

/* Nobody may be in code that is replaced, nor in this module, which may be NULL. All redirects are flipped, or none. */
int suture_switch(const struct module *leaving)
{
	struct suture_scan *scan = suture_make_scan(leaving);
	int error;

	if (!scan)
		return -ENOMEM;
	error = suture_watch_switches();
	if (!error) {
		error = try_all(scan);
		suture_unwatch_switches();
	}
	suture_free_scan(scan);
	if (error == -EBUSY && is_caller_in_the_way())
		return suture_refuse(error, "the system call by which this was asked for is in the way");
	if (error == -EBUSY)
		return suture_refuse(error, "tasks are in the way");
	if (error == -ESTALE)
		return suture_refuse(error, "somebody has changed code that we changed before");
	if (error == -EINTR)
		return suture_refuse(error, "interrupted while tasks were in the way");
	return error;
}
