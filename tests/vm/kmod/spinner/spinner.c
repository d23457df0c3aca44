// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread of the kernel's that holds livepatch up without ever being in a function that a patch replaces: it works
 * without a rest, as one that copies or checks a lot does, on a processor of its own. Whenever livepatch looks, it runs,
 * and what is on its stack cannot be told. It lets others run when they ask, so whoever stops the machine sees it.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

static struct task_struct *thread;

static int work(void *unused)
{
	while (!kthread_should_stop()) {
		cpu_relax();
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static int __init spinner_init(void)
{
	thread = kthread_create(work, NULL, "spinner");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	kthread_bind(thread, 1);
	wake_up_process(thread);
	return 0;
}

static void __exit spinner_exit(void)
{
	kthread_stop(thread);
}

module_init(spinner_init);
module_exit(spinner_exit);
MODULE_DESCRIPTION("a thread that never rests");
MODULE_LICENSE("GPL");
