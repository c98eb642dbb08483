using System.Buffers.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Asks the host what the planner has to know.</summary>
internal static class HostFactsReader
{
    public static HostFacts Read(CgroupHost cgroups)
    {
        IReadOnlyList<IdMapping> uids = ReadMap("/proc/self/uid_map");

        // The first user namespace maps every id onto itself; what is so in a nested one lacks nothing either.
        bool initial = uids is [{ ContainerId: 0, HostId: 0, Size: uint.MaxValue }];
        ulong bounding = CrunSharp.Linux.Processes.BoundingCapabilities(out int last);
        return new HostFacts
        {
            Uid = CrunSharp.Linux.Processes.EffectiveUser,
            Gid = CrunSharp.Linux.Processes.EffectiveGroup,
            InitialUserNamespace = initial,
            UidMap = uids,
            GidMap = initial ? uids : ReadMap("/proc/self/gid_map"),
            CanSetGroups = initial || !SetGroupsIsDenied(),
            Cgroups = cgroups.Layout,
            Hierarchies = cgroups.Hierarchies,
            LastCapability = last,
            Bounding = bounding,
        };
    }

    private static bool SetGroupsIsDenied() =>
        Descriptors.TryReadAll("/proc/self/setgroups", 64) is { } word && word.AsSpan().StartsWith("deny"u8);

    private static List<IdMapping> ReadMap(string path)
    {
        List<IdMapping> map = [];
        ReadOnlySpan<byte> rest = Descriptors.TryReadAll(path);
        while (!rest.IsEmpty)
        {
            map.Add(new IdMapping(Next(ref rest), Next(ref rest), Next(ref rest)));
            rest = rest[Math.Min(rest.IndexOf((byte)'\n') + 1, rest.Length)..];
        }

        return map;
    }

    private static uint Next(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(text, out uint number, out int used))
        {
            text = default;
            return 0;
        }

        text = text[used..];
        return number;
    }
}
