using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Bundles.Tests;

public sealed class BundleSpecTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    private static readonly RunOptions s_plain = new() { ContainerId = Id, Command = ["true"] };
    private static readonly BundleFacts s_host = new() { Kernel = new Version(6, 1) };

    [Fact]
    public void Defaults_AreDockers()
    {
        Spec spec = Create(s_plain);
        Assert.Equal("0123456789ab", spec.Hostname);
        Assert.Equal(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0123456789ab", "HOME=/"], spec.Process!.Env);
        Assert.Equal(["/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"], spec.Mounts.Select(mount => mount.Destination));
        Assert.Contains("size=67108864", spec.Mounts[^1].Options);
        Assert.Equal(0xa80425fbul, Bits(spec.Process.Capabilities!.Bounding));
        Assert.Equal(spec.Process.Capabilities.Bounding, spec.Process.Capabilities.Effective);
        Assert.Equal("0", spec.Linux.Sysctl["net.ipv4.ip_unprivileged_port_start"]);
        Assert.Equal("0 2147483647", spec.Linux.Sysctl["net.ipv4.ping_group_range"]);
        Assert.False(spec.Linux.Seccomp.IsEmpty);
        Assert.Contains("/proc/acpi", spec.Linux.MaskedPaths);
        Assert.Contains("/sys/devices/virtual/powercap", spec.Linux.MaskedPaths);
        Assert.Contains("/proc/sys", spec.Linux.ReadonlyPaths);
        Assert.False(spec.Process.NoNewPrivileges);
    }

    [Fact]
    public void Cve2022_29162_NoCapabilityIsInheritable()
    {
        CapabilitySets sets = Create(s_plain with { AddCapabilities = ["ALL"] }).Process!.Capabilities!;
        Assert.Empty(sets.Inheritable);
        Assert.Empty(sets.Ambient);
    }

    [Fact]
    public void Cve2018_10892_SwitchesAndMetersOfTheHost_AreHidden()
    {
        IReadOnlyList<string> masked = Create(s_plain, s_host with { PossibleCpus = 2 }).Linux.MaskedPaths;
        Assert.Contains("/proc/acpi", masked);
        Assert.Contains("/sys/devices/virtual/powercap", masked);
        Assert.Contains("/proc/interrupts", masked);
        Assert.Contains("/sys/devices/system/cpu/cpu1/thermal_throttle", masked);
    }

    [Fact]
    public void MaskedPaths_AskedFor_AreAddedAndTakenAway()
    {
        SecurityOptions security = new() { Mask = ["/proc/mine"], Unmask = ["/proc/s*", "/proc/kcore"] };
        LinuxSpec linux = Create(s_plain with { Security = security }).Linux;
        Assert.Contains("/proc/mine", linux.MaskedPaths);
        Assert.DoesNotContain("/proc/kcore", linux.MaskedPaths);
        Assert.DoesNotContain("/proc/scsi", linux.MaskedPaths);
        Assert.DoesNotContain("/proc/sys", linux.ReadonlyPaths);
        Assert.Empty(Create(s_plain with { Security = new SecurityOptions { UnmaskedPaths = true } }).Linux.MaskedPaths);
    }

    [Fact]
    public void Cve2022_36109_SupplementaryGroups_BeginWithTheOwnOne() =>
        Assert.Equal([7u], Create(s_plain with { User = "5:7" }).Process!.User.AdditionalGids);

    [Fact]
    public void Cve2026_53488_Annotations_AreTheUsersAlone()
    {
        Dictionary<string, string> mine = new() { ["com.example"] = "x" };
        Assert.Equal(mine, Create(s_plain with { Annotations = mine }).Annotations);
        Assert.Empty(Create(s_plain).Annotations);
    }

    [Theory]
    [InlineData("", "", 0xa80425fbul)]
    [InlineData("NET_ADMIN", "", 0xa80435fbul)]
    [InlineData("", "CAP_CHOWN", 0xa80425faul)]
    [InlineData("", "all", 0ul)]
    [InlineData("chown", "ALL", 1ul)]
    [InlineData("ALL", "CHOWN", 0x1fffffffffeul)]
    [InlineData("NET_ADMIN", "NET_ADMIN", 0xa80435fbul)]
    [InlineData("CHOWN", "CHOWN", 0xa80425fbul)]
    public void Capabilities_AddedAndDropped_LeaveTheRest(string add, string drop, ulong expected) =>
        Assert.Equal(expected, CapabilityChoice.Of(s_plain with { AddCapabilities = Words(add), DropCapabilities = Words(drop) }, ulong.MaxValue));

    [Fact]
    public void Capabilities_UnknownOrNotToBeHad_AreRefused()
    {
        Assert.Throws<CrunException>(() => Create(s_plain with { AddCapabilities = ["FLY"] }));
        Assert.Throws<CrunException>(() => Create(s_plain with { AddCapabilities = ["SYS_ADMIN"] }, s_host with { Bounding = 0xff }));
    }

    [Fact]
    public void Privileged_HasAllThatTheEngineHas_AndNothingIsHidden()
    {
        Spec spec = Create(s_plain with { Privileged = true }, s_host with { Bounding = ~(1ul << 24), HostDevices = [new("/dev/kvm", 'c', 10, 232, "rwm")] });
        Assert.Equal(Capability.All & ~(1ul << 24), Bits(spec.Process!.Capabilities!.Effective));
        Assert.Empty(spec.Linux.MaskedPaths);
        Assert.True(spec.Linux.Seccomp.IsEmpty);
        Assert.DoesNotContain("ro", spec.Mounts.Single(mount => mount.Destination == "/sys").Options);
        Assert.Equal(new DeviceRule(true), Assert.Single(spec.Linux.Resources.Devices));
        Assert.Equal("/dev/kvm", Assert.Single(spec.Linux.Devices).Path);
    }

    [Fact]
    public void Cve2026_57231_ImageVariableWithoutValue_TakesNothingFromTheHost()
    {
        ImageDefaults image = new() { Environment = ["*", "SECRET", "=x", "A=1", "PATH=/image"] };
        Spec spec = Create(s_plain, s_host with { HostEnvironment = _ => "of the host" }, image);
        Assert.Equal(["PATH=/image", "HOSTNAME=0123456789ab", "A=1", "HOME=/"], spec.Process!.Env);
    }

    [Fact]
    public void Environment_OfTheUser_WinsAndMayTakeAway()
    {
        ImageDefaults image = new() { Environment = ["A=1", "B=2", "C=3"] };
        Spec spec = Create(
            s_plain with { Environment = ["B=20", "FROM_HOST", "C", "D=a=b", "HOME=/x"], Terminal = true },
            s_host with { HostEnvironment = name => name == "FROM_HOST" ? "h" : null },
            image);
        Assert.Equal(["TERM=xterm", "A=1", "B=20", "FROM_HOST=h", "D=a=b", "HOME=/x"], spec.Process!.Env.Skip(2));
    }

    [Theory]
    [InlineData("HOME=/x\nroot2:x:0:0::/:/bin/sh")]
    [InlineData("A=b\0c")]
    [InlineData("A\nB=c")]
    [InlineData("=c")]
    public void Cve2022_4318_VariableThatWouldReachAFile_IsRefused(string variable) =>
        Assert.Throws<CrunException>(() => Create(s_plain with { Environment = [variable] }));

    [Fact]
    public void Environment_WithLineEnds_IsAllowedWhereItReachesNoFile() =>
        Assert.Contains("KEY=a\nb", Create(s_plain with { Environment = ["KEY=a\nb"] }).Process!.Env);

    [Theory]
    [InlineData(null, new string[0], new[] { "entry", "-a", "cmd" })]
    [InlineData(null, new[] { "mine" }, new[] { "entry", "-a", "mine" })]
    [InlineData("other", new string[0], new[] { "other" })]
    [InlineData("other", new[] { "mine" }, new[] { "other", "mine" })]
    [InlineData("", new[] { "mine" }, new[] { "mine" })]
    public void Arguments_ComeFromImageAndUser_AsDockersDo(string? entrypoint, string[] command, string[] expected)
    {
        ImageDefaults image = new() { Entrypoint = ["entry", "-a"], Command = ["cmd"] };
        Assert.Equal(expected, Create(s_plain with { Entrypoint = entrypoint, Command = command }, s_host, image).Process!.Args);
    }

    [Fact]
    public void Arguments_OfNobody_AreAnError() => Assert.Throws<CrunException>(() => Create(s_plain with { Command = [] }));

    [Theory]
    [InlineData("kernel.core_pattern")]
    [InlineData("kernel.shmmax+kernel.core_pattern")]
    [InlineData("vm.swappiness")]
    [InlineData("net/../kernel/core_pattern")]
    public void Cve2022_0811_SysctlOfTheHost_IsRefused(string name) =>
        Assert.Throws<CrunException>(() => Create(s_plain with { Sysctls = new Dictionary<string, string> { [name] = "x" } }));

    [Fact]
    public void Sysctl_OfASharedNamespace_IsRefused()
    {
        Dictionary<string, string> sysctls = new() { ["net.ipv4.ip_forward"] = "1" };
        Assert.Throws<CrunException>(() => Create(s_plain with { Network = NamespaceChoice.Host, Sysctls = sysctls }));
        Spec own = Create(s_plain with { Sysctls = sysctls });
        Assert.Equal("1", own.Linux.Sysctl["net.ipv4.ip_forward"]);
        Assert.Empty(Create(s_plain with { Network = NamespaceChoice.Host }).Linux.Sysctl);
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public void Hostname_ThatWouldBeMoreThanAName_IsRefused(string hostname) =>
        Assert.Throws<CrunException>(() => Create(s_plain with { Hostname = hostname }));

    [Fact]
    public void Hostname_InTheHostsUtsNamespace_IsTheHosts()
    {
        Spec spec = Create(s_plain with { Uts = NamespaceChoice.Host }, s_host with { HostHostname = "big" });
        Assert.Null(spec.Hostname);
        Assert.Contains("HOSTNAME=big", spec.Process!.Env);
        Assert.Throws<CrunException>(() => Create(s_plain with { Uts = NamespaceChoice.Host, Hostname = "x" }));
    }

    private static Spec Create(RunOptions options, BundleFacts? facts = null, ImageDefaults? image = null) =>
        BundleSpec.Create(image ?? ImageDefaults.None, options, UserDatabase.None, facts ?? s_host);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static ulong Bits(IReadOnlyList<string> names) =>
        names.Aggregate(0ul, static (set, name) => Capability.TryParse(name, out int number) ? set | (1ul << number) : set);
}
