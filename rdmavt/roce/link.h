/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_LINK_H
#define RVT_ROCE_LINK_H

int rvt_roce_link_init(void);

/* No device is made after this. */
void rvt_roce_link_stop(void);

/* After the last device has gone. */
void rvt_roce_link_exit(void);

#endif /* RVT_ROCE_LINK_H */
