// SPDX-License-Identifier: GPL-2.0
/*
 * Flow control by credits (specification 9.5): a side that counts the receives of
 * its peer never makes it say that it is not ready.
 *
 * It is used if both sides offer credits when they connect. Receives are posted
 * before, so that there is something to offer. Each SEND costs one, an
 * acknowledgment too. The last one is kept for a frame that brings the peer new
 * credits with it: otherwise both sides could end up with none, and neither able
 * to say so.
 */
#include <linux/module.h>
#include "ib.h"

/* A header has a byte for it. */
#define MAX_ADVERTISED	255

/* So many new receives are worth a frame of their own. */
#define MANY_POSTED	16

/**
 * rds_ib_credit_init - before the first receive is posted
 * @ic: the connection
 */
void rds_ib_credit_init(struct rds_ib_connection *ic)
{
	spin_lock_bh(&ic->credit_lock);
	ic->offered = false;
	ic->flow_control = false;
	ic->send_credits = 0;
	ic->posted = 0;
	spin_unlock_bh(&ic->credit_lock);
}

/**
 * rds_ib_credit_offer - what to tell the peer when connecting
 * @ic: the connection; its receives are posted
 *
 * Return: how many there are, 0 if flow control is not wanted.
 */
unsigned int rds_ib_credit_offer(struct rds_ib_connection *ic)
{
	unsigned int offer = 0;

	spin_lock_bh(&ic->credit_lock);
	if (READ_ONCE(rds_ib_sysctl_flow_control))
		swap(offer, ic->posted);
	ic->offered = offer;
	spin_unlock_bh(&ic->credit_lock);
	return offer;
}

/**
 * rds_ib_credit_agree - the peer's offer has arrived
 * @ic: the connection
 * @initial: its receives, 0 if it does not want flow control
 *
 * What the setting says by now does not matter: the peer counts if it has got an
 * offer and made one.
 */
void rds_ib_credit_agree(struct rds_ib_connection *ic, unsigned int initial)
{
	spin_lock_bh(&ic->credit_lock);
	if (ic->offered && initial) {
		WRITE_ONCE(ic->flow_control, true);
		ic->send_credits = initial;
	}
	spin_unlock_bh(&ic->credit_lock);
}

/**
 * rds_ib_credit_take - may one send?
 * @ic: the connection
 * @wanted: frames
 * @advertise: credits to go with the first of them
 *
 * Context: any.
 * Return: how many may be sent.
 */
unsigned int rds_ib_credit_take(struct rds_ib_connection *ic, unsigned int wanted,
				unsigned int *advertise)
{
	unsigned int count = wanted;

	*advertise = 0;
	spin_lock_bh(&ic->credit_lock);
	if (ic->flow_control) {
		count = min(wanted, ic->send_credits);
		if (count && count == ic->send_credits && !ic->posted)
			count--;
		ic->send_credits -= count;
		if (count) {
			*advertise = min_t(unsigned int, ic->posted, MAX_ADVERTISED);
			ic->posted -= *advertise;
		}
	}
	spin_unlock_bh(&ic->credit_lock);

	if (*advertise)
		rds_ib_stats_inc(ib_tx_credit_updates);
	if (count < wanted)
		rds_ib_stats_inc(ib_tx_throttle);
	return count;
}

/**
 * rds_ib_credit_available - would one frame be allowed?
 * @ic: the connection
 *
 * Return: whether rds_ib_credit_take() would give one.
 */
bool rds_ib_credit_available(struct rds_ib_connection *ic)
{
	bool available;

	spin_lock_bh(&ic->credit_lock);
	available = !ic->flow_control || ic->send_credits > 1 ||
		    (ic->send_credits && ic->posted);
	spin_unlock_bh(&ic->credit_lock);
	return available;
}

/**
 * rds_ib_credit_untake - what was taken has not been sent
 * @ic: the connection
 * @count: frames
 * @advertised: credits that did not get there
 */
void rds_ib_credit_untake(struct rds_ib_connection *ic, unsigned int count,
			  unsigned int advertised)
{
	spin_lock_bh(&ic->credit_lock);
	if (ic->flow_control) {
		ic->send_credits += count;
		ic->posted += advertised;
	}
	spin_unlock_bh(&ic->credit_lock);
}

/**
 * rds_ib_credit_add - the peer has new receives
 * @ic: the connection
 * @credits: how many
 *
 * Context: any.
 */
void rds_ib_credit_add(struct rds_ib_connection *ic, unsigned int credits)
{
	unsigned int sum;
	bool used;

	spin_lock_bh(&ic->credit_lock);
	used = ic->flow_control;
	/* More than anybody could have is a lie that harms only the liar. */
	if (used && !check_add_overflow(ic->send_credits, credits, &sum))
		ic->send_credits = sum;
	spin_unlock_bh(&ic->credit_lock);
	if (!used)
		return;

	rds_ib_stats_inc(ib_rx_credit_updates);
	rds_ib_send_more(ic);
	rds_ib_ack_attempt(ic);
}

/**
 * rds_ib_credit_remind - there may be many receives that the peer does not know of
 * @ic: the connection
 *
 * To be called after a request for a frame has been forgotten because one is on its
 * way: that carries only so many credits, and may have been made before the last
 * receives were posted.
 *
 * Context: any.
 */
void rds_ib_credit_remind(struct rds_ib_connection *ic)
{
	bool many;

	if (!READ_ONCE(ic->flow_control))
		return;
	spin_lock_bh(&ic->credit_lock);
	many = ic->posted >= MANY_POSTED;
	spin_unlock_bh(&ic->credit_lock);
	if (many)
		rds_ib_ack_request(ic);
}

/**
 * rds_ib_credit_posted - we have new receives
 * @ic: the connection
 * @count: how many
 *
 * Context: any.
 */
void rds_ib_credit_posted(struct rds_ib_connection *ic, unsigned int count)
{
	spin_lock_bh(&ic->credit_lock);
	ic->posted += count;
	spin_unlock_bh(&ic->credit_lock);
	rds_ib_credit_remind(ic);
}
