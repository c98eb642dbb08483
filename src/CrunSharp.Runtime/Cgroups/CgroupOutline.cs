namespace CrunSharp.Runtime;

/// <summary>What a container's cgroups will be: a list to read and to do by hand. Nothing is made.</summary>
/// <param name="Directories">One per hierarchy, made with what is missing above them.</param>
/// <param name="Writes">In this order, once the directories are there.</param>
/// <param name="Joins">Files that the process writes <c>0</c> into, in the order of <see cref="FdSlot.Cgroup"/>.</param>
/// <param name="BornIn">The cgroup2 directory that the process is born in; null: there is none.</param>
/// <param name="DeviceFilter">On cgroup2 without controllers of its own for devices: an array of <c>struct bpf_insn</c>.</param>
public sealed record CgroupOutline(
    IReadOnlyList<string> Directories,
    IReadOnlyList<CgroupWrite> Writes,
    IReadOnlyList<string> Joins,
    string? BornIn,
    ReadOnlyMemory<byte> DeviceFilter)
{
    public static CgroupOutline None { get; } = new([], [], [], null, default);
}

/// <param name="Value">Null: what <paramref name="From"/> holds.</param>
/// <param name="From">A file of the cgroup above, for a setting that every cgroup has to be given.</param>
/// <param name="Origin">Where the user asked for it; empty: nobody did.</param>
/// <param name="Optional">Left out where the kernel has no such file.</param>
public sealed record CgroupWrite(string File, string? Value, string? From = null, string Origin = "", bool Optional = false);
