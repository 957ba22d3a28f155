/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a responder sends: acknowledgments, and the responses to READ and
 * atomic requests (RC).
 */
#ifndef RVT_ROCE_ACK_H
#define RVT_ROCE_ACK_H

#include <rdma/rdmavt_qp.h>
#include "qp.h"
#include "send.h"

/**
 * rvt_roce_nak_aeth() - the AETH of a NAK
 * @qp: RC queue pair
 * @syndrome: RVT_ROCE_NAK_*, or RVT_ROCE_AETH_RNR and a timer code
 *
 * Return: @syndrome and the MSN.
 */
__be32 rvt_roce_nak_aeth(const struct rvt_qp *qp, u8 syndrome);

/**
 * rvt_roce_ack_post() - acknowledge when the send engine runs next
 * @qp: RC queue pair
 * @psn: of the ACK or NAK
 * @aeth: syndrome and MSN
 *
 * Of several before that, the one that covers the others is sent.
 *
 * Context: r_lock held.
 */
void rvt_roce_ack_post(struct rvt_qp *qp, u32 psn, __be32 aeth);

/**
 * rvt_roce_ack_room() - is there room for another READ or atomic?
 * @qp: RC queue pair
 *
 * Context: r_lock held: the room stays until its owner uses it.
 * Return: true if rvt_roce_ack_respond() may be called.
 */
bool rvt_roce_ack_room(struct rvt_qp *qp);

/**
 * rvt_roce_ack_respond() - queue the response to a READ or atomic
 * @qp: RC queue pair with room
 * @resp: copied
 *
 * Context: r_lock held.
 */
void rvt_roce_ack_respond(struct rvt_qp *qp, const struct rvt_roce_resp *resp);

/**
 * rvt_roce_ack_repeat() - respond again to a duplicate READ or atomic
 * @qp: RC queue pair
 * @resp: what is left of the response; copied
 *
 * Does nothing if the response is still to be sent anyway, and goes back in one
 * that is being sent.  The requester has given up what it does not ask for again:
 * then the rest of it is not sent.
 *
 * Context: r_lock held.
 */
void rvt_roce_ack_repeat(struct rvt_qp *qp, const struct rvt_roce_resp *resp);

/**
 * rvt_roce_ack_fatal() - the responder failed: NAK, then ERR
 * @qp: RC queue pair
 * @fatal: what to say; copied
 *
 * Responses to earlier requests go first.  The first error counts.
 *
 * Context: r_lock held.
 */
void rvt_roce_ack_fatal(struct rvt_qp *qp, const struct rvt_roce_fatal *fatal);

/**
 * rvt_roce_ack_build() - build the packets that are due
 * @qp: RC queue pair
 * @burst: where to
 *
 * Context: s_lock held, by the engine that has set RVT_S_BUSY.
 */
void rvt_roce_ack_build(struct rvt_qp *qp, struct rvt_roce_burst *burst);

/**
 * rvt_roce_ack_resize() - make room for another number of READs and atomics
 * @qp: RC queue pair
 * @limit: how many the peer may have on their way
 *
 * What waits to be sent, and the latest of what was answered, is kept.  Two
 * steps, because the first may fail and the second must not.
 *
 * Context: all three locks held.
 * Return: 0, or -ENOMEM.
 */
int rvt_roce_ack_resize(struct rvt_qp *qp, u16 limit);

/**
 * rvt_roce_ack_commit() - use the room that rvt_roce_ack_resize() has made
 * @qp: RC queue pair
 *
 * Context: all three locks held.
 */
void rvt_roce_ack_commit(struct rvt_qp *qp);

/**
 * rvt_roce_ack_owed() - is an ACK due that was not sent yet?
 * @qp: RC queue pair
 *
 * Context: s_lock held.
 */
bool rvt_roce_ack_owed(const struct rvt_qp *qp);

/**
 * rvt_roce_ack_conclude() - forget all but the ACK for messages that completed
 * @qp: queue pair that goes to the error or reset state
 *
 * IBA volume 1, 9.7.5.1: a responder acknowledges each message it has taken.
 *
 * Context: s_lock held.
 */
void rvt_roce_ack_conclude(struct rvt_qp *qp);

/**
 * rvt_roce_ack_reset() - forget everything that was to be sent
 * @qp: queue pair
 *
 * Context: s_lock held.
 */
void rvt_roce_ack_reset(struct rvt_qp *qp);

#endif /* RVT_ROCE_ACK_H */
