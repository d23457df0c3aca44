// SPDX-License-Identifier: GPL-2.0-only
//
// A second function of a name that victim.c has as well.
#include <linux/compiler.h>

#include "victim.h"

static noinline int victim_twin(void)
{
	asm volatile("");
	return 2;
}

int victim_second_twin(void)
{
	return victim_twin();
}
