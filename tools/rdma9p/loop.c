// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop: one thread, and epoll over everything.
 *
 * A source that is found ready may end a connection whose other sources are in
 * the same batch. So connections are only marked dead while a batch is worked
 * on, and buried after it.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "gateway.h"

static int epoll_fd = -1;
static int signal_fd = -1;
static int timer_fd = -1;
static bool stopping;
static long seconds;

/**
 * loop_add - wait for a file
 * @fd: the file
 * @source: whom to tell
 * @events: EPOLLIN and others
 *
 * Return: 0, or -1 with errno.
 */
int loop_add(int fd, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/**
 * loop_change - wait for something else on a file
 * @fd: the file
 * @source: whom to tell
 * @events: EPOLLIN and others
 *
 * Return: 0, or -1 with errno.
 */
int loop_change(int fd, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

/**
 * loop_remove - do not wait for a file any more
 * @fd: the file
 */
void loop_remove(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/**
 * loop_seconds - time, for deadlines
 *
 * Counted by the loop's own timer: each message asks, and not every kernel can
 * tell the time without a system call.
 *
 * Return: whole seconds since the loop began.
 */
long loop_seconds(void)
{
	return seconds;
}

static void signal_ready(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)source;
	(void)events;
	if (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		stopping = true;
}

static void timer_ready(struct source *source, uint32_t events)
{
	uint64_t ticks;

	(void)source;
	(void)events;
	if (read(timer_fd, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks)) {
		seconds += ticks;
		conn_tick();
		clients_tick();
	}
}

static struct source signal_source = { .ready = signal_ready };
static struct source timer_source = { .ready = timer_ready };

/**
 * loop_init - prepare to wait
 *
 * Return: 0, or -1 after a message.
 */
int loop_init(void)
{
	static const struct itimerspec second = {
		.it_value.tv_sec = 1, .it_interval.tv_sec = 1,
	};
	sigset_t stop;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	signal_fd = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (epoll_fd < 0 || signal_fd < 0 || timer_fd < 0 ||
	    timerfd_settime(timer_fd, 0, &second, NULL) ||
	    loop_add(signal_fd, &signal_source, EPOLLIN) ||
	    loop_add(timer_fd, &timer_source, EPOLLIN)) {
		log_error("cannot set up the event loop: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/**
 * loop_run - work until a signal says to stop
 *
 * Return: 0, or -1 after a message.
 */
int loop_run(void)
{
	struct epoll_event events[64];
	int i, n;

	while (!stopping) {
		n = epoll_wait(epoll_fd, events, 64, -1);
		if (n < 0 && errno != EINTR) {
			log_error("cannot wait for events: %s",
				  strerror(errno));
			return -1;
		}
		for (i = 0; i < n; i++) {
			struct source *source = events[i].data.ptr;

			source->ready(source, events[i].events);
		}
		conn_bury();
	}
	return 0;
}
