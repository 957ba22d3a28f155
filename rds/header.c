// SPDX-License-Identifier: GPL-2.0
/*
 * The header of a message: checksum and extension headers (specification 4.1,
 * 4.2). What is read here comes from a peer.
 */
#include <linux/module.h>
#include <net/checksum.h>
#include "rds.h"

/* Data bytes of the extension types that there are. */
static const u8 ext_size[] = {
	[RDS_EXTHDR_VERSION]	= sizeof(__be32),
	[RDS_EXTHDR_RDMA]	= sizeof(struct rds_ext_rdma),
	[RDS_EXTHDR_RDMA_DEST]	= sizeof(struct rds_ext_rdma_dest),
	[RDS_EXTHDR_NPATHS]	= sizeof(__be16),
	[RDS_EXTHDR_GEN_NUM]	= sizeof(__be32),
};

/**
 * rds_message_populate_header - fill in a header with no flags or extensions
 * @hdr: the header
 * @sport: from
 * @dport: to
 * @seq: sequence
 */
void rds_message_populate_header(struct rds_header *hdr, __be16 sport,
				 __be16 dport, u64 seq)
{
	memset(hdr, 0, sizeof(*hdr));
	hdr->h_sport = sport;
	hdr->h_dport = dport;
	hdr->h_sequence = cpu_to_be64(seq);
}
EXPORT_SYMBOL_GPL(rds_message_populate_header);

/**
 * rds_message_make_checksum - the last step before a header is sent
 * @hdr: complete otherwise
 */
void rds_message_make_checksum(struct rds_header *hdr)
{
	hdr->h_csum = 0;
	hdr->h_csum = ip_compute_csum(hdr, sizeof(*hdr));
}
EXPORT_SYMBOL_GPL(rds_message_make_checksum);

/**
 * rds_message_verify_checksum - is it the header that was sent?
 * @hdr: as received
 *
 * Return: whether the checksum is right, or there is none.
 */
bool rds_message_verify_checksum(const struct rds_header *hdr)
{
	return !hdr->h_csum || !ip_compute_csum(hdr, sizeof(*hdr));
}
EXPORT_SYMBOL_GPL(rds_message_verify_checksum);

/* Where a list of extensions ends, or RDS_HEADER_EXT_SPACE if it is damaged. */
static unsigned int end_of_extensions(const struct rds_header *hdr)
{
	unsigned int pos = 0;

	while (pos < RDS_HEADER_EXT_SPACE) {
		unsigned int type = hdr->h_exthdr[pos];

		if (type == RDS_EXTHDR_NONE)
			break;
		if (type >= ARRAY_SIZE(ext_size) || !ext_size[type])
			return RDS_HEADER_EXT_SPACE;
		pos += 1 + ext_size[type];
	}
	return pos;
}

/**
 * rds_message_add_extension - append an extension header
 * @hdr: the header
 * @type: RDS_EXTHDR_*
 * @data: of the extension
 * @len: its bytes
 *
 * Return: 1 if it was added, 0 if it does not fit or is none.
 */
int rds_message_add_extension(struct rds_header *hdr, unsigned int type,
			      const void *data, unsigned int len)
{
	unsigned int pos = end_of_extensions(hdr);

	if (type >= ARRAY_SIZE(ext_size) || !ext_size[type] || len != ext_size[type])
		return 0;
	if (pos + 1 + len > RDS_HEADER_EXT_SPACE)
		return 0;

	hdr->h_exthdr[pos++] = type;
	memcpy(&hdr->h_exthdr[pos], data, len);
	pos += len;
	/* The list ends here, whatever was there. */
	memset(&hdr->h_exthdr[pos], 0, RDS_HEADER_EXT_SPACE - pos);
	return 1;
}
EXPORT_SYMBOL_GPL(rds_message_add_extension);

/**
 * rds_message_add_rdma_dest_extension - announce a memory region
 * @hdr: the header
 * @rkey: R_Key
 * @offset: where in the region
 *
 * Return: 1 if it was added, 0 if there is no room.
 */
int rds_message_add_rdma_dest_extension(struct rds_header *hdr, u32 rkey, u32 offset)
{
	struct rds_ext_rdma_dest ext = {
		.rkey = cpu_to_be32(rkey),
		.offset = cpu_to_be32(offset),
	};

	return rds_message_add_extension(hdr, RDS_EXTHDR_RDMA_DEST, &ext, sizeof(ext));
}
EXPORT_SYMBOL_GPL(rds_message_add_rdma_dest_extension);

/**
 * rds_message_next_extension - walk through the extension headers
 * @hdr: as received
 * @pos: where to go on; 0 at first
 * @buf: room for RDS_HEADER_EXT_SPACE bytes: the data
 *
 * A type that is not known ends the walk: its length is not known, either.
 *
 * Return: the type, RDS_EXTHDR_NONE at the end.
 */
unsigned int rds_message_next_extension(const struct rds_header *hdr,
					unsigned int *pos, void *buf)
{
	unsigned int type, len;

	if (*pos >= RDS_HEADER_EXT_SPACE)
		return RDS_EXTHDR_NONE;
	type = hdr->h_exthdr[*pos];
	if (type >= ARRAY_SIZE(ext_size) || !ext_size[type])
		return RDS_EXTHDR_NONE;
	len = ext_size[type];
	if (*pos + 1 + len > RDS_HEADER_EXT_SPACE)
		return RDS_EXTHDR_NONE;

	memcpy(buf, &hdr->h_exthdr[*pos + 1], len);
	*pos += 1 + len;
	return type;
}
