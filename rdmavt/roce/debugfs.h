/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_DEBUGFS_H
#define RVT_ROCE_DEBUGFS_H

struct rvt_roce_dev;

/**
 * rvt_roce_debugfs_init() - make the module's directory
 *
 * A kernel without debugfs does without it.
 *
 * Context: may sleep.
 */
void rvt_roce_debugfs_init(void);

/**
 * rvt_roce_debugfs_exit() - remove the module's directory
 *
 * Context: may sleep.
 */
void rvt_roce_debugfs_exit(void);

/**
 * rvt_roce_debugfs_add() - make the files of a device
 * @dev: device, about to be registered; its queue pairs can be listed
 *
 * Context: may sleep.
 */
void rvt_roce_debugfs_add(struct rvt_roce_dev *dev);

/**
 * rvt_roce_debugfs_remove() - remove them, and wait until nobody reads them
 * @dev: device; may have none
 *
 * Context: may sleep.
 */
void rvt_roce_debugfs_remove(struct rvt_roce_dev *dev);

#endif /* RVT_ROCE_DEBUGFS_H */
