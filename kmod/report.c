// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happened last, in words and numbers, for sysfs and the kernel's log.
 */
#include "suture.h"

#include <linux/errno.h>
#include <linux/string.h>

struct suture_report suture_last = { .action = "none" };

/* The last one that is over, and what was applied then; nobody who reads them waits for one that is under way. */
struct suture_report suture_told = { .action = "none" };
u32 suture_told_level;
char suture_told_patch[MODULE_NAME_LEN];
DEFINE_MUTEX(suture_told_lock);

static void tell(void)
{
	mutex_lock(&suture_told_lock);
	suture_told = suture_last;
	suture_told_level = suture_applied ? suture_applied->level : 0;
	strscpy(suture_told_patch, suture_applied ? suture_applied->owner->name : "", sizeof(suture_told_patch));
	mutex_unlock(&suture_told_lock);
}

void suture_begin_report(const char *action, const char *patch)
{
	memset(&suture_last, 0, sizeof(suture_last));
	suture_last.action = action;
	strscpy(suture_last.patch, patch, sizeof(suture_last.patch));
}

/* Keeps the first reason, and gives the error back. */
int suture_refuse(int error, const char *format, ...)
{
	va_list args;

	if (suture_last.reason[0])
		return error;
	va_start(args, format);
	vscnprintf(suture_last.reason, sizeof(suture_last.reason), format, args);
	va_end(args);
	return error;
}

static void log_blockers(void)
{
	unsigned int i;

	for (i = 0; i < suture_last.blocker_count; i++) {
		const struct suture_blocker *blocker = &suture_last.blockers[i];

		if (blocker->address)
			pr_info("%s (%d) is in %pS\n", blocker->name, blocker->pid, (void *)blocker->address);
		else
			pr_info("the stack of %s (%d) cannot be trusted\n", blocker->name, blocker->pid);
	}
}

int suture_end_report(int error)
{
	suture_last.error = error;
	if (error && !suture_last.reason[0])
		suture_refuse(error, "error %d", -error);
	tell();
	if (!error) {
		pr_info("%s: %s after %u attempts, the machine stood still for %llu us at most\n", suture_last.patch,
			strcmp(suture_last.action, "apply") ? "taken back" : "applied", suture_last.attempts,
			suture_last.pause_ns / 1000);
		return 0;
	}
	pr_err("%s: cannot %s it: %s\n", suture_last.patch, suture_last.action, suture_last.reason);
	log_blockers();
	return error;
}
