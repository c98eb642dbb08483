using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Opens what the steps of one plan need, and closes it once the stage has its copies.</summary>
internal sealed class SlotBinder(ContainerCgroup cgroup) : IDisposable
{
    private const int O_RDWR = 2;

    private readonly List<SafeFileHandle> _owned = [];

    /// <summary>The program's own 0, 1 and 2.</summary>
    public IReadOnlyList<SafeFileHandle>? Stdio { get; init; }

    /// <summary>Where the terminal's master goes.</summary>
    public SafeFileHandle? Console { get; init; }

    /// <summary>Whom to join.</summary>
    public SafeFileHandle? Container { get; init; }

    /// <summary>Where the socket of <c>start</c> is made.</summary>
    public string? StartSocket { get; init; }

    /// <summary>Written into once the network is there.</summary>
    public SafeFileHandle? NetworkReady { get; private set; }

    /// <summary>Written into once the hooks of the runtime have succeeded.</summary>
    public SafeFileHandle? HooksDone { get; private set; }

    /// <summary>Takes the state that hooks in the container read.</summary>
    public SafeFileHandle? HookState { get; private set; }

    /// <summary>Takes the times of the steps.</summary>
    public SafeFileHandle? Times { get; private set; }

    /// <summary>To be let go of once the stage has it: a copy would hide that its program has ended.</summary>
    public SafeFileHandle? FuseDevice { get; private set; }

    public SafeFileHandle Bind(FdSlot slot) => slot switch
    {
        FdSlot.Cgroup join => cgroup.Joins[join.Number],
        FdSlot.Namespace join => Own(OpenNamespace(join)),
        FdSlot.Container when Container is not null => Container,
        FdSlot.ConsoleSocket when Console is not null => Console,
        FdSlot.Stdio stdio when Stdio is not null => Stdio[stdio.Target],
        FdSlot.StartSocket when StartSocket is not null => Own(UnixSocket.Listen(StartSocket)),
        FdSlot.NetworkReady => ReadEnd(end => NetworkReady = end),
        FdSlot.RuntimeHooksDone => ReadEnd(end => HooksDone = end),
        FdSlot.HookState => HookState = Own(MemoryFile.CreateUnsealed("crun-sharp-state")),
        FdSlot.Times times => Times = Own(StepTimes.CreateFile(times.Steps)),
        FdSlot.FuseDevice => FuseDevice = Own(Descriptors.Open("/dev/fuse", O_RDWR)),
        FdSlot.IdMap map => Own(IdMapNamespace.Create(map.Uids, map.Gids)),
        FdSlot.MountTree tree => Own(IdMappedTree.Create(tree)),
        _ => throw new InvalidOperationException($"the plan needs {slot}, which nobody provides"),
    };

    public void Dispose()
    {
        foreach (SafeFileHandle handle in _owned)
        {
            handle.Dispose();
        }
    }

    private SafeFileHandle ReadEnd(Action<SafeFileHandle> keep)
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        keep(Own(write));
        return Own(read);
    }

    private SafeFileHandle Own(SafeFileHandle handle)
    {
        _owned.Add(handle);
        return handle;
    }

    private static SafeFileHandle OpenNamespace(FdSlot.Namespace join)
    {
        try
        {
            return Descriptors.Open(join.Path, 0);
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot join the {join.Type.ToString().ToLowerInvariant()} namespace '{join.Path}'", failure.Message, failure);
        }
    }
}
