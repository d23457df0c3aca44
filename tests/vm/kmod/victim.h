/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VICTIM_H
#define VICTIM_H

int victim_second_twin(void);

#endif
