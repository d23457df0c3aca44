/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For authors of probes: programs that tell whether a hole is open, by something harmless that only an unpatched
 * kernel allows. See suture-qualify(1).
 *
 *	#include <suture/probe.h>
 *
 *	enum probe_answer probe(void)
 *	{
 *		int fd = socket(AF_INET, SOCK_STREAM, 0);
 *		if (fd < 0)
 *			return probe_unknown("socket");
 *		...
 *		return refused ? PROBE_CLOSED : PROBE_OPEN;
 *	}
 *
 * "run" prints "open" or "closed"; its exit status is 0 when it could tell. "run cost N" asks N times and prints
 * nothing, for the time that the patched call takes.
 */
#ifndef SUTURE_PROBE_H
#define SUTURE_PROBE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum probe_answer { PROBE_OPEN, PROBE_CLOSED, PROBE_UNKNOWN };

enum probe_answer probe(void);

static inline enum probe_answer probe_unknown(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return PROBE_UNKNOWN;
}

/* Of a call which succeeds before the fix and fails with `error` after it. */
static inline enum probe_answer probe_result(int result, int error, const char *what)
{
	if (result >= 0)
		return PROBE_OPEN;
	return errno == error ? PROBE_CLOSED : probe_unknown(what);
}

int main(int argc, char **argv)
{
	enum probe_answer answer = PROBE_UNKNOWN;
	long times = argc > 2 && strcmp(argv[1], "cost") == 0 ? strtol(argv[2], NULL, 10) : -1;

	if (times < 0) {
		answer = probe();
		if (answer != PROBE_UNKNOWN)
			puts(answer == PROBE_OPEN ? "open" : "closed");
		return answer == PROBE_UNKNOWN;
	}
	while (times-- > 0) {
		if (probe() == PROBE_UNKNOWN)
			return 1;
		/* What a probe opens, it may leave open. */
		for (int fd = 3; fd < 32; fd++)
			close(fd);
	}
	return 0;
}

#endif
