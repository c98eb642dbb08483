using CrunSharp.Bundles;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.HostTests.Escapes;

/// <summary>What a program inside can do with the rights it was given.</summary>
[Collection(nameof(Alone))]
public sealed class RightsEscapeTests
{
    [Fact]
    public void Cve2022_29162_InheritableAndAmbientCapabilities_AreEmpty()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run("grep -E 'CapInh|CapAmb' /proc/self/status", AsTheEngine);
        Assert.Equal("CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n", outcome.Output);
    }

    [Fact]
    public void Rights_OfAUserThatIsNotRoot_AreNone()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run("grep CapEff /proc/self/status; id -G", spec => AsTheEngine(spec) is { } made
            ? made with { Process = made.Process! with { User = new User { Uid = 1000, Gid = 1000, AdditionalGids = [1000, 5] } } }
            : spec);
        Assert.Equal("CapEff:\t0000000000000000\n1000 5\n", outcome.Output);
    }

    [Fact]
    public void Output_ThatIsAFileOfTheCallers_StaysTheCallers()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run("stat -L -c %u /proc/self/fd/1", spec => spec with { Process = spec.Process! with { User = new User { Uid = 1000 } } });
        Assert.Equal("0\n", outcome.Output);
    }

    [Fact]
    public void Seccomp_Default_RefusesNewNamespacesAndMounts()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run("unshare -U true; mount -t tmpfs none /tmp; grep Seccomp: /proc/self/status", AsTheEngine);
        Assert.Contains("unshare", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Operation not permitted", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("Seccomp:\t2\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Init_OfOurs_IsUnderTheSameFilterAndRightsAsTheProgram()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        string status = "grep -E 'Seccomp:|CapEff|NoNewPrivs' /proc/";
        Outcome outcome = bundle.Run(
            $"{status}1/status > /tmp/first; {status}$$/status > /tmp/own; cmp /tmp/first /tmp/own && echo same; test $$ = 1 || echo child",
            spec => AsTheEngine(spec) is { } made ? made with { Process = made.Process! with { NoNewPrivileges = true } } : spec,
            init: true);
        Assert.Equal("same\nchild\n", outcome.Output);
    }

    [Fact]
    public void Cve2019_5736_ProcessOfTheRuntime_CannotBeWrittenThroughItsExe()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();

        // With an init of ours as process 1 there is something of ours to aim at for as long as one likes.
        Outcome outcome = bundle.Run("(echo evil >> /proc/1/exe) 2>&1; (dd if=/bin/busybox of=/proc/1/exe bs=1 count=1 conv=notrunc) 2>&1; echo done", init: true);
        Assert.DoesNotContain("1+0 records out", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("done\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Ghsa_g54h_DeviceOfTheHost_CanBeMadeButNotOpened()
    {
        Host.Requires(Host.Root, Host.Cgroup1, HostileBundle.Needs);
        using HostileBundle bundle = new(cgroups: true);
        Outcome outcome = bundle.Run("mknod /tmp/kmsg c 1 11 && head -c1 /tmp/kmsg; head -c1 /dev/zero | wc -c", AsTheEngine);
        Assert.Contains("Operation not permitted", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("1\n", outcome.Output, StringComparison.Ordinal);
    }

    // What BundleSpec makes of nothing but a command, with the test's root and program.
    private static Spec AsTheEngine(Spec spec)
    {
        RunOptions options = new() { ContainerId = "0123456789abcdef", Command = spec.Process!.Args };
        BundleFacts facts = new() { UnifiedCgroups = !Directory.Exists("/sys/fs/cgroup/memory"), Kernel = Environment.OSVersion.Version };
        Spec made = BundleSpec.Create(ImageDefaults.None, options, UserDatabase.None, facts);
        return made with { Linux = made.Linux with { CgroupsPath = null } };
    }
}
