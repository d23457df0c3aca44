// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads the engine, or says what this kernel lacks.
 */
#include "suture.h"

#include <linux/init.h>

DEFINE_MUTEX(suture_lock);

static int __init suture_init(void)
{
	int error = suture_find_kernel_functions();

	if (!error)
		error = suture_check_unwinder();
	if (error)
		return error;
	error = suture_make_sysfs();
	if (error)
		return error;
	error = suture_watch_modules();
	if (error)
		suture_remove_sysfs();
	return error;
}

/* While a patch is applied the module is in use, and cannot go. */
static void __exit suture_exit(void)
{
	suture_unwatch_modules();
	suture_remove_sysfs();
}

module_init(suture_init);
module_exit(suture_exit);

MODULE_AUTHOR("The authors of Suture");
MODULE_DESCRIPTION("Stop-machine engine for live patches");
MODULE_VERSION(SUTURE_VERSION);
MODULE_LICENSE("GPL");
