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
    public void Cve2018_10856_UserThatIsNotRoot_HasNoCapabilitiesAndItsOwnGroups()
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
    public void Cve2022_0185_NewNamespacesAndMounts_AreRefusedByDefault()
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
        Host.Requires(Host.Root, HostileBundle.Needs);
        Assert.SkipWhen(Host.Cgroup1.Missing() is not null && Host.Cgroup2.Missing() is not null, "needs cgroups: either version");
        using HostileBundle bundle = new(cgroups: true);
        Outcome outcome = bundle.Run("mknod /tmp/kmsg c 1 11 && head -c1 /tmp/kmsg; head -c1 /dev/zero | wc -c", AsTheEngine);
        Assert.Contains("Operation not permitted", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("1\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cve2022_0847_ProgramOfOurs_IsACopyThatIsNoFileOfTheHosts()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run("readlink /proc/1/exe", init: true, change: static spec => spec with
        {
            Process = spec.Process! with { Capabilities = HostileBundle.Some("CAP_SYS_PTRACE") },
        });
        Assert.StartsWith("/memfd:", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cve2022_0492_ReleaseAgent_CannotBeReached()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        string[] agents = [.. Directory.GetDirectories("/sys/fs/cgroup").Select(hierarchy => Path.Combine(hierarchy, "release_agent")).Where(File.Exists)];
        string[] before = [.. agents.Select(File.ReadAllText)];
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run(
            """
            mkdir /tmp/c
            for type in "cgroup -o memory" "cgroup -o rdma" cgroup2; do mount -t $type none /tmp/c && echo mounted; done
            unshare -UrmC sh -c 'mount -t cgroup -o memory none /tmp/c && echo mounted'
            for file in /tmp/c/release_agent /sys/fs/cgroup/*/release_agent; do test ! -e $file || { echo /evil > $file && echo written; }; done
            echo done
            """,
            AsTheEngine);
        Assert.DoesNotContain("mounted", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("written", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("done\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(before, agents.Select(File.ReadAllText));
    }

    [Fact]
    public void Cve2015_3630_SwitchesOfTheHostInProc_CannotBeWritten()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run(
            """
            for file in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/irq/default_smp_affinity; do
                test ! -e $file || { echo evil > $file && echo "written $file"; } 2>/dev/null
            done
            { true > /proc/sysrq-trigger && echo written; } 2>/dev/null
            echo done
            """,
            AsTheEngine);
        Assert.Equal("done\n", outcome.Output);
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    [Fact]
    public void Ghsa_7ww5_WhatTellsOfTheHost_IsEmptyInside()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run(
            """
            cat /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/interrupts 2>/dev/null | head -c 100
            for directory in /proc/acpi /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do test ! -d $directory || ls -A $directory; done
            echo done
            """,
            AsTheEngine);
        Assert.Equal("done\n", outcome.Output);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cve2025_64750_LabelThatCannotBeSet_IsAnErrorAndNothingRuns(bool apparmor)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Outcome outcome = bundle.Run("echo ran", spec => spec with
        {
            Process = apparmor ? spec.Process! with { ApparmorProfile = "crun-sharp-not-loaded" } : spec.Process! with { SelinuxLabel = "system_u:system_r:not_t:s0" },
        });
        Assert.NotNull(outcome.Refusal);
        Assert.Equal("", outcome.Output);
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
