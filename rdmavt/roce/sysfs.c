// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of the device below /sys/class/infiniband/NAME/.
 *
 *	parent		name of the network interface (as stock rdma_rxe has it)
 *	loopback	1: traffic from the device to itself is copied from
 *			memory to memory (the default); 0: it goes through the
 *			network stack, where it can be captured and filtered.
 *			Queue pairs that are connected already keep their way.
 */

#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/sysfs.h>
#include "device.h"
#include "sysfs.h"

static struct rvt_roce_dev *to_dev(struct device *device)
{
	return rdma_device_to_drv_device(device, struct rvt_roce_dev,
					 rdi.ibdev);
}

static ssize_t parent_show(struct device *device,
			   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", netdev_name(to_dev(device)->ndev));
}
static DEVICE_ATTR_RO(parent);

static ssize_t loopback_show(struct device *device,
			     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_dev(device)->loopback));
}

static ssize_t loopback_store(struct device *device,
			      struct device_attribute *attr, const char *buf,
			      size_t count)
{
	bool on;
	int err;

	err = kstrtobool(buf, &on);
	if (err)
		return err;
	WRITE_ONCE(to_dev(device)->loopback, on);
	return count;
}
static DEVICE_ATTR_RW(loopback);

static struct attribute *attrs[] = {
	&dev_attr_loopback.attr,
	&dev_attr_parent.attr,
	NULL
};

const struct attribute_group rvt_roce_attr_group = {
	.attrs = attrs,
};
