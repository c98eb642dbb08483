using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using CrunSharp.Testing;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.HostTests.Escapes;

/// <summary>A bundle whose root filesystem a test prepares as an attacker would, and beside it what must stay as it is.</summary>
internal sealed class HostileBundle : IDisposable
{
    public const string Shell = "/bin/busybox";

    private static readonly Mount[] s_mounts =
    [
        new() { Destination = "/proc", Type = "proc", Source = "proc", Options = ["nosuid", "noexec", "nodev"] },
        new() { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "strictatime", "mode=755"] },
        new() { Destination = "/dev/pts", Type = "devpts", Source = "devpts", Options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] },
    ];

    private readonly TemporaryDirectory _directory = new();
    private readonly ContainerRuntime _runtime;
    private int _count;

    public HostileBundle(bool cgroups = false)
    {
        // Root of a container's user namespace is nobody on the host, and has to get to the root filesystem.
        File.SetUnixFileMode(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(_directory["rootfs/bin"]);
        File.Copy(Host.FindCommand("busybox")!, _directory[$"rootfs{Shell}"]);
        foreach (string name in new[] { "proc", "sys", "tmp", "outside" })
        {
            Directory.CreateDirectory(name == "outside" ? _directory[name] : _directory[$"rootfs/{name}"]);
        }

        File.WriteAllText(Victim, "untouched");
        _runtime = new ContainerRuntime(new RuntimeOptions { StateRoot = _directory["state"], CgroupManager = cgroups ? CgroupManager.Cgroupfs : CgroupManager.Disabled });
    }

    public static Need Needs { get; } = Host.Command("busybox", "busybox-static");

    /// <summary>The bundle's directory.</summary>
    public string Location => _directory;

    /// <summary>A directory of the host that nothing may appear in.</summary>
    public string Outside => _directory["outside"];

    /// <summary>A file in it that nothing may change.</summary>
    public string Victim => _directory["outside/victim"];

    /// <summary>A path in the root filesystem, as the host sees it.</summary>
    public string InRoot(string path) => _directory[$"rootfs{path}"];

    /// <summary>A link of the attacker's, in place of whatever is there.</summary>
    public void Link(string path, string target)
    {
        if (Directory.Exists(InRoot(path)))
        {
            Directory.Delete(InRoot(path), recursive: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(InRoot(path))!);
        File.CreateSymbolicLink(InRoot(path), target);
    }

    /// <summary>Runs shell words in a container; the spec is changed first.</summary>
    public Outcome Run(string script, Func<Spec, Spec>? change = null, bool init = false)
    {
        Spec spec = new()
        {
            Process = new Process { Args = [Shell, "sh", "-c", script], Env = ["PATH=/bin"], Capabilities = Some("CAP_CHOWN", "CAP_MKNOD", "CAP_DAC_OVERRIDE") },
            Root = new Root { Path = "rootfs" },
            Mounts = s_mounts,
            Linux = new LinuxSpec
            {
                Namespaces = [new(NamespaceType.Mount), new(NamespaceType.Pid), new(NamespaceType.Ipc), new(NamespaceType.Uts), new(NamespaceType.Network)],
            },
        };
        return Launch(change is null ? spec : change(spec), init);
    }

    /// <summary>That neither the host's file nor its directory has changed.</summary>
    public void AssertOutsideIsUntouched()
    {
        Xunit.Assert.Equal("untouched", File.ReadAllText(Victim));
        Xunit.Assert.Equal([Victim], Directory.GetFileSystemEntries(Outside));
        Xunit.Assert.DoesNotContain(Outside, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    public static CapabilitySets Some(params string[] names) => new() { Bounding = names, Effective = names, Permitted = names };

    public void Dispose() => _directory.Dispose();

    private Outcome Launch(Spec spec, bool init)
    {
        ContainerId id = ContainerId.Parse($"escape-{Environment.ProcessId}-{++_count}");
        string output = _directory[$"output{_count}"];
        using SafeFileHandle nothing = File.OpenHandle("/dev/null");
        using SafeFileHandle file = File.OpenHandle(output, FileMode.Create, FileAccess.Write);
        try
        {
            using Launched launched = _runtime.Run(new LaunchRequest
            {
                Id = id,
                Spec = spec,
                Bundle = _directory,
                Init = init,
                Stdio = spec.Process!.Terminal ? null : [nothing, file, file],
                OwnTerminal = spec.Process.Terminal,
            });
            int code = Processes.Wait(launched.Pid).Status;
            _runtime.Delete(id, force: true);
            return new Outcome(code, File.ReadAllText(output), null);
        }
        catch (CrunException refusal)
        {
            return new Outcome(-1, File.ReadAllText(output), refusal.Message);
        }
    }
}

/// <summary>How a container ended, or why there was none.</summary>
internal sealed record Outcome(int Code, string Output, string? Refusal);
