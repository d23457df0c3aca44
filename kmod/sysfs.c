// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/suture: what is applied, how the last switch went, and the way back. All of it is for root to change;
 * what could help somebody to find his way through the kernel, only root may read.
 */
#include "suture.h"

#include <linux/capability.h>
#include <linux/kallsyms.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

static ssize_t unlock_after(ssize_t length)
{
	mutex_unlock(&suture_told_lock);
	return length;
}

#define READ_ONLY(name, format, ...)                                                                \
	static ssize_t name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer) \
	{                                                                                           \
		mutex_lock(&suture_told_lock);                                                      \
		return unlock_after(sysfs_emit(buffer, format "\n", __VA_ARGS__));                  \
	}                                                                                           \
	static struct kobj_attribute name##_attribute = __ATTR_RO(name)

READ_ONLY(abi, "%u", SUTURE_PATCH_ABI);
READ_ONLY(version, "%s", SUTURE_VERSION);
READ_ONLY(level, "%u", suture_told_level);
READ_ONLY(patch, "%s", suture_told_patch);

static ssize_t revert_store(struct kobject *kobj, struct kobj_attribute *attr, const char *text, size_t length)
{
	char name[MODULE_NAME_LEN];
	int error;

	/* Root in a container may write files, but not change the kernel. */
	if (!capable(CAP_SYS_MODULE))
		return -EPERM;
	if (strscpy(name, text, sizeof(name)) < 0)
		return -ENOENT;
	error = suture_revert(strim(name));
	return error ? error : length;
}

static struct kobj_attribute revert_attribute = __ATTR(revert, 0200, NULL, revert_store);

static struct attribute *suture_attributes[] = {
	&abi_attribute.attr,   &version_attribute.attr, &level_attribute.attr,
	&patch_attribute.attr, &revert_attribute.attr,  NULL,
};

static const struct attribute_group suture_group = { .attrs = suture_attributes };

/* Named as their files are; in a folder of their own. */
READ_ONLY(action, "%s", suture_told.action);
static ssize_t last_patch_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	mutex_lock(&suture_told_lock);
	return unlock_after(sysfs_emit(buffer, "%s\n", suture_told.patch));
}

static struct kobj_attribute last_patch_attribute = __ATTR(patch, 0444, last_patch_show, NULL);
READ_ONLY(error, "%d", -suture_told.error);
READ_ONLY(reason, "%s", suture_told.reason);
READ_ONLY(attempts, "%u", suture_told.attempts);
READ_ONLY(stops, "%u", suture_told.stops);
READ_ONLY(pause_ns, "%llu", suture_told.pause_ns);
READ_ONLY(tasks, "%u", suture_told.tasks);
READ_ONLY(examined, "%u", suture_told.examined);

/* "FUNCTION+OFFSET/SIZE"; of a module's, sprint_symbol() says behind a blank which. */
static const char *symbolic(unsigned long address, char *buffer)
{
	sprint_symbol(buffer, address);
	return strsep(&buffer, " ");
}

/* "PID TGID STATE kthread|user FUNCTION+OFFSET/SIZE COMM" */
static ssize_t blockers_show(struct kobject *kobj, struct kobj_attribute *attr, char *buffer)
{
	char place[KSYM_SYMBOL_LEN];
	ssize_t length = 0;
	unsigned int i;

	mutex_lock(&suture_told_lock);
	for (i = 0; i < suture_told.blocker_count; i++) {
		const struct suture_blocker *blocker = &suture_told.blockers[i];

		length += sysfs_emit_at(buffer, length, "%d %d %c %s ", blocker->pid, blocker->tgid, blocker->state,
					blocker->kernel_thread ? "kthread" : "user");
		if (blocker->address)
			length += sysfs_emit_at(buffer, length, "%s", symbolic(blocker->address, place));
		else
			length += sysfs_emit_at(buffer, length, "?+0x0/0x0");
		length += sysfs_emit_at(buffer, length, " %s\n", blocker->name);
	}
	mutex_unlock(&suture_told_lock);
	return length;
}

static struct kobj_attribute blockers_attribute = __ATTR(blockers, 0400, blockers_show, NULL);

static struct attribute *last_attributes[] = {
	&action_attribute.attr,
	&last_patch_attribute.attr,
	&error_attribute.attr,
	&reason_attribute.attr,
	&attempts_attribute.attr,
	&stops_attribute.attr,
	&pause_ns_attribute.attr,
	&tasks_attribute.attr,
	&examined_attribute.attr,
	&blockers_attribute.attr,
	NULL,
};

static const struct attribute_group last_group = { .name = "last", .attrs = last_attributes };

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define MAYBE_CONST
#else
#define MAYBE_CONST const
#endif

/* A line each, which may be more than fits into a page. */
static ssize_t functions_read(struct file *file, struct kobject *kobj, MAYBE_CONST struct bin_attribute *attr,
			      char *buffer, loff_t offset, size_t size)
{
	struct suture_redirect *redirect;
	char *line = kmalloc(PAGE_SIZE, GFP_KERNEL);
	loff_t at = 0;
	size_t written = 0;

	if (!line)
		return -ENOMEM;
	if (mutex_lock_interruptible(&suture_lock)) {
		kfree(line);
		return -EINTR;
	}
	list_for_each_entry(redirect, &suture_redirects, list) {
		size_t length = scnprintf(line, PAGE_SIZE, "%s %s %lu %s\n", redirect->object, redirect->name,
					  redirect->sympos, redirect->by_jump ? "jump" : "ftrace");

		if (at + length > offset && written < size) {
			size_t skipped = at < offset ? offset - at : 0;
			size_t part = min(length - skipped, size - written);

			memcpy(buffer + written, line + skipped, part);
			written += part;
		}
		at += length;
	}
	mutex_unlock(&suture_lock);
	kfree(line);
	return written;
}

static const struct bin_attribute functions_attribute = {
	.attr = { .name = "functions", .mode = 0444 },
	.read = functions_read,
};

static struct kobject *folder;

int suture_make_sysfs(void)
{
	int error;

	folder = kobject_create_and_add("suture", kernel_kobj);
	if (!folder)
		return -ENOMEM;
	error = sysfs_create_group(folder, &suture_group);
	if (!error)
		error = sysfs_create_group(folder, &last_group);
	if (!error)
		error = sysfs_create_bin_file(folder, &functions_attribute);
	if (error)
		suture_remove_sysfs();
	return error;
}

void suture_remove_sysfs(void)
{
	kobject_put(folder);
}
