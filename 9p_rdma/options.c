// SPDX-License-Identifier: GPL-2.0
/*
 * Mount options: port, sq, rq, timeout, privport.
 *
 * Where the kernel leaves the parsing to us, it passes the text of the whole
 * mount command, with the options of fs/9p and of the 9P client among ours.
 * They check theirs, and ignore what they do not know, so an option that
 * nobody knows would pass in silence. That can only be noticed here, and can
 * be noticed safely: the kernels that parse in this way have all been released,
 * so the list of everybody else's options is closed. It is foreign_options[].
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "p9_rdma.h"

#ifdef COMPAT_P9_OPTIONS_ARE_TEXT

static const char *const foreign_options[] = {
	/* fs/9p */
	"access", "afid", "aname", "cache", "cachetag", "debug", "dfltgid",
	"dfltuid", "directio", "fscache", "ignoreqv", "locktimeout", "loose",
	"mmap", "nodevmap", "noxattr", "posixacl", "readahead", "uname",
	/* the 9P client, and its other transports */
	"msize", "noextend", "rfdno", "trans", "version", "wfdno",
	/* security modules, which take theirs away only while they are active */
	"context", "defcontext", "fscontext", "rootcontext", "seclabel",
	"smackfsdef", "smackfsfloor", "smackfshat", "smackfsroot",
	"smackfstransmute",
	/* mount programs, for themselves */
	"_netdev",
};

static bool is_foreign(const char *key)
{
	return match_string(foreign_options, ARRAY_SIZE(foreign_options),
			    key) >= 0;
}

/* Take in @value of option @key, a number between @min and @max. */
static int parse_number(const char *key, const char *value, unsigned int min,
			unsigned int max, unsigned int *number)
{
	if (value && !kstrtouint(value, 0, number) && *number >= min &&
	    *number <= max)
		return 0;

	pr_err("mount option %s=%s: give a number from %u to %u\n", key,
	       value ?: "", min, max);
	return -EINVAL;
}

static int parse_flag(const char *key, const char *value, bool *flag)
{
	if (value) {
		pr_err("mount option %s takes no value, and was given %s\n",
		       key, value);
		return -EINVAL;
	}
	*flag = true;
	return 0;
}

/* Take in one option. @value is what follows the equals sign, or %NULL. */
static int parse_option(const char *key, const char *value,
			struct p9_rdma_opts *opts)
{
	unsigned int number;
	int err;

	if (!strcmp(key, "port")) {
		err = parse_number(key, value, 1, U16_MAX, &number);
		if (!err)
			opts->port = number;
	} else if (!strcmp(key, "sq")) {
		err = parse_number(key, value, 1, INT_MAX, &number);
		if (!err)
			opts->sq_depth = number;
	} else if (!strcmp(key, "rq")) {
		err = parse_number(key, value, 0, INT_MAX, &number);
		if (!err)
			opts->rq_depth = number;
	} else if (!strcmp(key, "timeout")) {
		err = parse_number(key, value, 1, INT_MAX, &number);
		if (!err)
			opts->timeout = number;
	} else if (!strcmp(key, "privport")) {
		err = parse_flag(key, value, &opts->privport);
	} else if (is_foreign(key)) {
		err = 0;
	} else {
		pr_err("unknown mount option %s: those of trans=rdma are port, sq, rq, timeout, privport\n",
		       key);
		err = -EINVAL;
	}
	return err;
}

/*
 * parse_opts - go through the options of a mount command
 * @params: comma-separated; written to
 * @opts: what was asked for, over what is there already
 *
 * Return: 0, or -EINVAL after a line in the log about the first bad one.
 */
static int parse_opts(char *params, struct p9_rdma_opts *opts)
{
	char *key, *value;
	int err;

	while ((key = strsep(&params, ",")) != NULL) {
		if (!*key)
			continue;
		value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		err = parse_option(key, value, opts);
		if (err)
			return err;
	}
	return 0;
}

/**
 * p9_rdma_options_from_text - read the options of a mount command
 * @params: the text, which stays as it is; %NULL means no options
 * @opts: the result
 *
 * Context: the mounting task. Sleeps.
 * Return: 0, -ENOMEM, or -EINVAL after a line in the log.
 */
int p9_rdma_options_from_text(char *params, struct p9_rdma_opts *opts)
{
	char *copy;
	int err;

	*opts = (struct p9_rdma_opts) {
		.port = P9_RDMA_PORT,
		.sq_depth = P9_RDMA_SQ_DEPTH,
		.rq_depth = P9_RDMA_RQ_DEPTH,
		.timeout = P9_RDMA_TIMEOUT,
	};
	if (!params)
		return 0;

	copy = kstrdup(params, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = parse_opts(copy, opts);
	kfree(copy);
	return err;
}

#endif /* COMPAT_P9_OPTIONS_ARE_TEXT */

/**
 * p9_rdma_options_check - reject what cannot work, whoever parsed it
 * @opts: the options; the receive queue gets at least the send queue's depth
 *
 * Return: 0, or -EINVAL after a line in the log.
 */
int p9_rdma_options_check(struct p9_rdma_opts *opts)
{
	if (!opts->port || opts->sq_depth < 1 || opts->rq_depth < 0 ||
	    opts->timeout < 1 || opts->timeout > INT_MAX) {
		pr_err("mount options port=%u,sq=%d,rq=%d,timeout=%ld: none of port, sq and timeout may be 0, and none above %d\n",
		       (u16)opts->port, opts->sq_depth, opts->rq_depth,
		       opts->timeout, INT_MAX);
		return -EINVAL;
	}

	/* As many requests as may be sent may also be answered. */
	opts->rq_depth = max(opts->rq_depth, opts->sq_depth);
	return 0;
}

/**
 * p9_rdma_show_options - what /proc/mounts says about a connection
 * @m: where to
 * @client: a connected client
 *
 * Only what differs from the default is shown, and the depths as they are in
 * effect, which may be less than was asked for.
 *
 * Context: process context.
 * Return: 0.
 */
int p9_rdma_show_options(struct seq_file *m, struct p9_client *client)
{
	struct p9_trans_rdma *rdma = client->trans;

	if (rdma->port != P9_RDMA_PORT)
		seq_printf(m, ",port=%u", rdma->port);
	if (rdma->sq_depth != P9_RDMA_SQ_DEPTH)
		seq_printf(m, ",sq=%u", rdma->sq_depth);
	if (rdma->rq_depth != P9_RDMA_RQ_DEPTH)
		seq_printf(m, ",rq=%u", rdma->rq_depth);
	if (rdma->timeout != P9_RDMA_TIMEOUT)
		seq_printf(m, ",timeout=%lu", rdma->timeout);
	if (rdma->privport)
		seq_puts(m, ",privport");
	return 0;
}
