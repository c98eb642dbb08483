using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>One thing that the stage does; the kinds are those of native/include/plan.h.</summary>
public abstract record Step
{
    /// <summary>Where the user asked for it, <c>mounts[3] of config.json</c>; empty: nobody did, it always happens.</summary>
    public string Origin { get; init; } = "";
}

/// <summary>Waits for a byte; an end of file means that the launcher gave up.</summary>
/// <param name="Announce">The launcher is told that this point is reached.</param>
public sealed record Await(FdSlot Slot, bool Announce) : Step;

/// <summary>Writes all of <paramref name="Data"/> in one call.</summary>
public sealed record WriteDescriptor(FdSlot Slot, string Data) : Step;

/// <summary>Joins namespaces of a namespace descriptor, or several at once of a pidfd.</summary>
public sealed record JoinNamespace(FdSlot Slot, Namespaces Kinds) : Step;

public sealed record Unshare(Namespaces Kinds) : Step;

/// <summary>Takes the identity that has all capabilities in a new user namespace.</summary>
public sealed record Become(uint Uid, uint Gid) : Step;

/// <summary>Goes on in a child, which is the first in a pid namespace that was joined or unshared.</summary>
public sealed record Fork : Step;

public sealed record NewSession : Step;

public sealed record RedirectStdio(FdSlot Slot, int Target) : Step;

public sealed record SetHostname(string Name) : Step;

public sealed record SetDomainname(string Name) : Step;

public sealed record LoopbackUp : Step;

/// <summary>Propagation of the host's tree as this mount namespace sees it.</summary>
public sealed record SetPropagation(Propagation Propagation) : Step;

/// <summary>Device and inode are compared with what is found there; 0: not known.</summary>
public sealed record BindRoot(string Path, ulong Device = 0, ulong Inode = 0) : Step;

/// <param name="Scratch">Holds <c>upper</c> and <c>work</c>; absent: the root is read-only.</param>
public sealed record OverlayRoot(IReadOnlyList<string> Lowers, string? Scratch, string MountPoint, bool UserXattr, bool Volatile) : Step;

/// <summary>A root whose requests a program of the host answers; the launcher gets its device.</summary>
/// <param name="Device">Absent: the stage opens it, in its own user namespace.</param>
public sealed record FuseRoot(string MountPoint, FdSlot? Device) : Step;

public sealed record MountFilesystem(
    string Path, string Type, string Options, MountAttributes Attributes, Propagation Propagation, MountMode Mode) : Step
{
    /// <summary>What mountinfo calls the source; absent: the type.</summary>
    public string? Source { get; init; }
}

public sealed record BindMount(
    string Path, string Source, MountAttributes Set, MountAttributes Clear, Propagation Propagation, MountMode Mode) : Step
{
    /// <summary>A user namespace whose maps the mount's ids go through; absent: they stay as they are.</summary>
    public FdSlot? IdMap { get; init; }

    /// <summary>The tree itself, which the launcher has already copied; absent: the stage copies the source.</summary>
    public FdSlot? Tree { get; init; }
}

public sealed record MakeDirectory(string Path, uint Mode) : Step;

/// <param name="Mode">With the type, as stat shows it.</param>
/// <param name="BindHost">The host's node of the same path is bound: no node can be made in a user namespace.</param>
public sealed record MakeDevice(string Path, uint Mode, uint Major, uint Minor, uint Uid, uint Gid, bool BindHost) : Step;

/// <param name="Replace">What stands there is removed; otherwise it stays.</param>
public sealed record MakeSymlink(string Path, string Target, bool Replace) : Step;

public sealed record WriteFile(string Path, ReadOnlyMemory<byte> Data, uint Mode) : Step;

/// <summary>Makes a terminal, which becomes 0, 1 and 2, and sends its master away.</summary>
/// <param name="Path">Where it is bound, or absent.</param>
public sealed record MakeConsole(FdSlot Slot, uint Columns, uint Rows, string? Path, uint Owner) : Step;

public sealed record EnterRoot(EnterMode Mode) : Step;

public sealed record SetRootPropagation(Propagation Propagation) : Step;

public sealed record MakeRootReadOnly : Step;

public sealed record MaskPath(string Path) : Step;

public sealed record MakePathReadOnly(string Path) : Step;

/// <param name="Path">Beneath /proc/sys.</param>
public sealed record WriteSysctl(string Path, string Value) : Step;

public sealed record RunHook(string Path, IReadOnlyList<string> Args, IReadOnlyList<string> Env, FdSlot State, int Timeout) : Step;

public sealed record SetRlimit(uint Resource, ulong Soft, ulong Hard) : Step;

/// <param name="Optional">Where it may not be lowered it stays.</param>
public sealed record SetOomScore(int Value, bool Optional) : Step;

public sealed record JoinSessionKeyring(string Name) : Step;

public sealed record SetUmask(uint Mode) : Step;

public sealed record SetParentDeathSignal(int Signal, FdSlot? Parent) : Step;

public sealed record SetNoNewPrivileges : Step;

/// <param name="Program">An array of <c>struct sock_filter</c>.</param>
/// <param name="Listener">A socket that takes the listener where the flags ask for one; absent: the launcher's report does.</param>
public sealed record InstallSeccomp(ReadOnlyMemory<byte> Program, uint Flags, FdSlot? Listener) : Step;

public sealed record DropBounding(ulong Keep) : Step;

/// <param name="AdditionalGids">Absent: the supplementary groups stay as they are.</param>
public sealed record SetUser(uint Uid, uint Gid, IReadOnlyList<uint>? AdditionalGids) : Step;

public sealed record SetCapabilities(ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient) : Step;

public sealed record EnterDirectory(string Path) : Step;

/// <summary>Finds the program before the container counts as created, so that its absence is told then.</summary>
public sealed record FindProgram(string Program, string SearchPath) : Step;

public sealed record AwaitStart(FdSlot Slot) : Step;

/// <summary>Stays as the first process and reaps; the program is its child.</summary>
public sealed record StayAsInit : Step;

/// <param name="PreservedDescriptors">How many from 3 on stay open.</param>
public sealed record Execute(IReadOnlyList<string> Args, IReadOnlyList<string> Env, int PreservedDescriptors) : Step;

/// <param name="Persona">One of the kernel's <c>PER_*</c>.</param>
public sealed record SetPersonality(uint Persona) : Step;

/// <param name="Attributes">A <c>struct sched_attr</c>.</param>
public sealed record SetScheduler(ReadOnlyMemory<byte> Attributes) : Step;

/// <param name="Priority">Class and level as ioprio_set(2) packs them.</param>
public sealed record SetIoPriority(uint Priority) : Step;

/// <param name="Mask">A bit for each CPU, lowest first.</param>
public sealed record SetCpuAffinity(IReadOnlyList<ulong> Mask) : Step;

/// <param name="Mode">One of the kernel's <c>MPOL_*</c> with its flags.</param>
/// <param name="Nodes">A bit for each node of memory, lowest first.</param>
public sealed record SetMemoryPolicy(uint Mode, IReadOnlyList<ulong> Nodes) : Step;

/// <summary>Makes and enters a time namespace.</summary>
/// <param name="Offsets">As /proc/self/timens_offsets takes them.</param>
public sealed record SetTimeOffsets(string Offsets) : Step;

/// <param name="Attribute">A file beneath /proc/self/attr.</param>
public sealed record SetLabel(string Attribute, string Label) : Step;

/// <summary>Gives those of descriptors 0 to 2 that are pipes to the program's user, where that can be done.</summary>
public sealed record SetStdioOwner(uint Uid) : Step;

/// <summary>Hands the prepared root to the launcher.</summary>
public sealed record SendRoot : Step;

/// <summary>Ends the plan; nothing is executed.</summary>
public sealed record End : Step;
