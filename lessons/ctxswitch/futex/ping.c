// ping hands a turn to and fro between two threads that share one CPU, and prints two numbers: the nanoseconds of
// one hand-off, and how many context switches the kernel counted for each.
//
//	ping futex N   N hand-offs by futex: each is a FUTEX_WAKE and a FUTEX_WAIT that sleeps
//	ping pipe N    N hand-offs by pipe: each is a write and a read of one byte that sleeps
//	ping calls N   N times the two futex calls by one thread, with nobody to wake and nothing to wait for
//
// Built with -pthread; Linux only.
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic int turn; // whose it is: 0 or 1
static int pipes[2][2];  // by who reads
static long hand_offs;
static void (*play)(int me);

static void fail(const char *what) {
	perror(what);
	exit(1);
}

static long futex(int op, int value) {
	return syscall(SYS_futex, &turn, op, value, NULL, NULL, 0);
}

// pin keeps this thread, and those it starts, on one CPU: the last that the process may use.
static void pin(void) {
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		fail("sched_getaffinity");
	while (cpu > 0 && !CPU_ISSET(cpu, &set))
		cpu--;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) != 0)
		fail("sched_setaffinity");
}

static void by_futex(int me) {
	for (long i = 0; i < hand_offs / 2; i++) {
		while (atomic_load(&turn) != me)
			futex(FUTEX_WAIT_PRIVATE, !me);
		atomic_store(&turn, !me);
		futex(FUTEX_WAKE_PRIVATE, 1);
	}
}

static void by_pipe(int me) {
	char byte = 0;
	for (long i = 0; i < hand_offs / 2; i++) {
		if (me == 1 && read(pipes[1][0], &byte, 1) != 1)
			fail("read");
		if (write(pipes[!me][1], &byte, 1) != 1)
			fail("write");
		if (me == 0 && read(pipes[0][0], &byte, 1) != 1)
			fail("read");
	}
}

static void *second(void *unused) {
	play(1);
	return unused;
}

static void between_two(void) {
	pthread_t other;
	if (pthread_create(&other, NULL, second, NULL) != 0)
		fail("pthread_create");
	play(0);
	pthread_join(other, NULL);
}

static void alone(void) {
	for (long i = 0; i < hand_offs; i++) {
		futex(FUTEX_WAIT_PRIVATE, INT_MAX); // the value differs, so it returns at once
		futex(FUTEX_WAKE_PRIVATE, 1);
	}
}

int main(int argc, char **argv) {
	struct rusage before, after;
	struct timespec start, end;
	const char *mode = argc == 3 ? argv[1] : "";
	void (*run)(void) = strcmp(mode, "calls") == 0 ? alone : between_two;
	long n = argc == 3 ? atol(argv[2]) : 0;
	if (strcmp(mode, "futex") == 0)
		play = by_futex;
	else if (strcmp(mode, "pipe") == 0)
		play = by_pipe;
	else if (run != alone)
		n = 0;
	if (n < 2) {
		fprintf(stderr, "usage: ping futex|pipe|calls N, with N of at least 2\n");
		return 2;
	}
	if (pipe(pipes[0]) != 0 || pipe(pipes[1]) != 0)
		fail("pipe");
	pin();
	hand_offs = 2 + n / 10; // a warm-up
	run();
	hand_offs = n;
	atomic_store(&turn, 0);
	getrusage(RUSAGE_SELF, &before);
	clock_gettime(CLOCK_MONOTONIC, &start);
	run();
	clock_gettime(CLOCK_MONOTONIC, &end);
	getrusage(RUSAGE_SELF, &after);
	double ns = (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec);
	long switches = after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw;
	printf("%.3f %.4f\n", ns / n, (double)switches / n);
	return 0;
}
