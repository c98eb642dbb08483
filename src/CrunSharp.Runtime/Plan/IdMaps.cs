using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Maps of ids between user namespaces.</summary>
public static class IdMaps
{
    /// <summary>The same map with no extent across two extents of the parent's, which the kernel refuses.</summary>
    /// <param name="field"><c>linux.uidMappings</c>, for the message.</param>
    /// <exception cref="CrunException">An id outside is not mapped in the parent.</exception>
    public static IReadOnlyList<IdMapping> Split(IReadOnlyList<IdMapping> wanted, IReadOnlyList<IdMapping> parent, string field)
    {
        List<IdMapping> split = new(wanted.Count);
        for (int i = 0; i < wanted.Count; i++)
        {
            // 64 bits, so that an extent at the end of the ids does not wrap round to 0.
            ulong container = wanted[i].ContainerId, host = wanted[i].HostId, left = wanted[i].Size;
            if (left == 0 || host + left > 1UL << 32 || container + left > 1UL << 32)
            {
                throw new CrunException("cannot make a user namespace", $"{field}[{i}] of config.json maps no ids, or ids beyond 4294967295");
            }

            while (left > 0)
            {
                ulong room = RoomAt(parent, host);
                if (room == 0)
                {
                    throw new CrunException("cannot make a user namespace", $"{field}[{i}] of config.json asks for id {host}, which is not mapped here");
                }

                ulong size = Math.Min(left, room);
                split.Add(new IdMapping((uint)container, (uint)host, (uint)size));
                container += size;
                host += size;
                left -= size;
            }
        }

        return split;
    }

    /// <summary>Whether an id inside stands for one outside.</summary>
    public static bool Maps(IReadOnlyList<IdMapping> map, uint id)
    {
        foreach (IdMapping extent in map)
        {
            if (id >= extent.ContainerId && id - extent.ContainerId < extent.Size)
            {
                return true;
            }
        }

        return false;
    }

    private static ulong RoomAt(IReadOnlyList<IdMapping> parent, ulong id)
    {
        foreach (IdMapping extent in parent)
        {
            // The first namespace says 4294967295 ids, which leaves out the one that means "none".
            if (id >= extent.ContainerId && id - extent.ContainerId < extent.Size)
            {
                return extent.ContainerId + (ulong)extent.Size - id;
            }
        }

        return 0;
    }
}
