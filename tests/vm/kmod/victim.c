// SPDX-License-Identifier: GPL-2.0-only
//
// What the patch modules of by_hand.c patch. All is seen and done in /sys/module/suture_victim/parameters.
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "victim.h"

/* May be written, so that the compiler does not take it for a number. */
static int victim_secret = 41;
module_param_named(secret, victim_secret, int, 0644);

static noinline const char *victim_word(void)
{
	asm volatile("");
	return "old";
}

static noinline int victim_twin(void)
{
	asm volatile("");
	return 1;
}

/* What init saw: a patch that is there already is to be seen by it. */
static char *word_of_init = "";
module_param(word_of_init, charp, 0444);

static int get_word(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%s %d\n", victim_word(), victim_secret);
}
static const struct kernel_param_ops word_ops = { .get = get_word };
module_param_cb(word, &word_ops, NULL, 0444);

static int get_twins(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%d %d\n", victim_twin(), victim_second_twin());
}
static const struct kernel_param_ops twins_ops = { .get = get_twins };
module_param_cb(twins, &twins_ops, NULL, 0444);

/* A thread that sleeps in victim_wait() as long as it is told to. */
static DECLARE_WAIT_QUEUE_HEAD(victim_queue);
static bool victim_sleeps;

static noinline void victim_wait(void)
{
	wait_event_idle(victim_queue, !READ_ONCE(victim_sleeps));
	/* So that it comes back here. */
	asm volatile("");
}

static int victim_thread(void *unused)
{
	while (!kthread_should_stop()) {
		if (READ_ONCE(victim_sleeps))
			victim_wait();
		schedule_timeout_idle(1);
	}
	return 0;
}

static int set_sleeps(const char *text, const struct kernel_param *kp)
{
	bool sleeps;
	int error = kstrtobool(text, &sleeps);

	if (error)
		return error;
	WRITE_ONCE(victim_sleeps, sleeps);
	wake_up_all(&victim_queue);
	return 0;
}

static int get_sleeps(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%d\n", waitqueue_active(&victim_queue));
}
static const struct kernel_param_ops sleeps_ops = { .set = set_sleeps, .get = get_sleeps };
module_param_cb(sleeps, &sleeps_ops, NULL, 0644);

static struct task_struct *thread;

static int __init victim_init(void)
{
	word_of_init = (char *)victim_word();
	thread = kthread_run(victim_thread, NULL, "suture victim");
	return PTR_ERR_OR_ZERO(thread);
}

static void __exit victim_exit(void)
{
	WRITE_ONCE(victim_sleeps, false);
	wake_up_all(&victim_queue);
	kthread_stop(thread);
}

module_init(victim_init);
module_exit(victim_exit);
MODULE_DESCRIPTION("A module to be patched by tests");
MODULE_LICENSE("GPL");
