using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A descriptor that a step needs, by what it is for; the launcher opens the one behind it.</summary>
public abstract record FdSlot
{
    private FdSlot()
    {
    }

    /// <summary>A file of the container's cgroup that takes <c>0</c>: <c>tasks</c> or <c>cgroup.procs</c>, opened for writing.</summary>
    public sealed record Cgroup(int Number) : FdSlot;

    /// <summary>A namespace to join, opened from its path.</summary>
    public sealed record Namespace(NamespaceType Type, string Path) : FdSlot;

    /// <summary>A pidfd of the container's first process, whose namespaces are joined.</summary>
    public sealed record Container : FdSlot;

    /// <summary>Gives a byte once the container's network is there.</summary>
    public sealed record NetworkReady : FdSlot;

    /// <summary>Gives a byte once prestart and createRuntime hooks have succeeded.</summary>
    public sealed record RuntimeHooksDone : FdSlot;

    /// <summary>A connected socket that takes the terminal's master.</summary>
    public sealed record ConsoleSocket : FdSlot;

    /// <summary>What becomes descriptor <paramref name="Target"/> of the program.</summary>
    public sealed record Stdio(int Target) : FdSlot;

    /// <summary>The listening socket that <c>start</c> connects to.</summary>
    public sealed record StartSocket : FdSlot;

    /// <summary>A file with the container's state as JSON, which hooks get as their input.</summary>
    public sealed record HookState : FdSlot;

    /// <summary>A pidfd of the launcher, which must still live when the parent death signal is set.</summary>
    public sealed record Parent : FdSlot;

    /// <summary>A user namespace that maps ids as <paramref name="Uids"/> and <paramref name="Gids"/> say, for an idmapped mount.</summary>
    public sealed record IdMap(IReadOnlyList<IdMapping> Uids, IReadOnlyList<IdMapping> Gids) : FdSlot;

    /// <summary>A copy of what is mounted at <paramref name="Source"/>, its ids mapped, made by the launcher: in the container's user namespace the kernel would refuse it.</summary>
    public sealed record MountTree(string Source, bool Recursive, IdMap Ids, bool IdsRecursive) : FdSlot;

    /// <summary>/dev/fuse, opened before the container's cgroup forbids it.</summary>
    public sealed record FuseDevice : FdSlot;

    /// <summary>A connected socket that takes the seccomp listener.</summary>
    public sealed record SeccompListener : FdSlot;

    /// <summary>A file that takes the times of this many steps; the last of a plan's descriptors.</summary>
    public sealed record Times(int Steps) : FdSlot;
}
