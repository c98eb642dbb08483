using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Bundles.Tests;

public sealed class BundleMountTests
{
    private static readonly RunOptions s_plain = new() { ContainerId = "0123456789abcdef", Command = ["true"] };
    private static readonly BundleFacts s_host = new() { Kernel = new Version(6, 1) };

    [Fact]
    public void Volume_ReadOnly_IsSoWithAllThatIsMountedInIt()
    {
        BundleMount volume = new() { Type = "bind", Source = "/srv", Destination = "/data/", Options = ["ro"] };
        Mount mount = Create(s_plain with { Mounts = [volume] }).Mounts[^1];
        Assert.Equal(("/data", "bind", "/srv"), (mount.Destination, mount.Type, mount.Source));
        Assert.Equal(["rbind", "rro", "rprivate"], mount.Options);
    }

    [Fact]
    public void Volume_ReadOnlyOnAnOlderKernel_IsSoAtItsTop()
    {
        BundleMount volume = new() { Type = "bind", Source = "/srv", Destination = "/data", Options = ["ro", "rslave"] };
        Spec spec = Create(s_plain with { Mounts = [volume] }, s_host with { Kernel = new Version(5, 10) });
        Assert.Equal(["rbind", "ro", "rslave"], spec.Mounts[^1].Options);
        Assert.Equal("rslave", spec.Linux.RootfsPropagation);
    }

    [Fact]
    public void Volumes_AreMountedFromTheOutsideIn()
    {
        Spec spec = Create(s_plain with { Mounts = [Bind("/a/b/c"), Bind("/x"), Bind("/a/b"), Bind("/a")] });
        Assert.Equal(["/x", "/a", "/a/b", "/a/b/c"], spec.Mounts.Skip(7).Select(mount => mount.Destination));
    }

    [Fact]
    public void Volume_InThePlaceOfADefault_ReplacesIt()
    {
        Spec spec = Create(s_plain with { Mounts = [Bind("/dev/shm")] });
        Assert.Equal("bind", Assert.Single(spec.Mounts, mount => mount.Destination == "/dev/shm").Type);

        Spec withDev = Create(s_plain with { Mounts = [Bind("/dev")] });
        Assert.Equal(["/proc", "/sys", "/sys/fs/cgroup", "/dev"], withDev.Mounts.Select(mount => mount.Destination));
    }

    [Fact]
    public void Devices_InAUserNamespace_AreBound()
    {
        RunOptions options = s_plain with { Devices = [new("/dev/inside", 'c', 10, 229, "rw") { HostPath = "/dev/fuse" }] };
        Spec rootless = Create(options, s_host with { Rootful = false });
        Assert.Empty(rootless.Linux.Devices);
        Assert.Equal(("/dev/fuse", "/dev/inside"), (rootless.Mounts[^1].Source, rootless.Mounts[^1].Destination));

        Spec rootful = Create(options);
        Assert.Equal("/dev/inside", Assert.Single(rootful.Linux.Devices).Path);
        Assert.Equal(new DeviceRule(true, 'c', 10, 229, "rw"), rootful.Linux.Resources.Devices[^1]);
    }

    [Fact]
    public void Terminals_WithoutAGroupFive_DoNotAskForIt()
    {
        Mount devpts = Create(s_plain, s_host with { MappedGids = 1 }).Mounts.Single(mount => mount.Destination == "/dev/pts");
        Assert.DoesNotContain("gid=5", devpts.Options);
    }

    [Fact]
    public void Resources_AreCountedAsDockerDoes()
    {
        LinuxResources resources = Create(s_plain with
        {
            Resources = new ResourceOptions { Memory = 64 << 20, NanoCpus = 1_500_000_000, PidsLimit = 100 },
        }).Linux.Resources;
        Assert.Equal((64L << 20, 128L << 20), (resources.Memory!.Limit, resources.Memory.Swap));
        Assert.Equal((100_000ul, 150_000L), (resources.Cpu!.Period, resources.Cpu.Quota));
        Assert.Equal(100, resources.PidsLimit);
        Assert.Equal(new DeviceRule(false), resources.Devices[0]);
    }

    [Fact]
    public void Resources_WhereNoCgroupCanBeMade_AreAnErrorAndNotForgotten()
    {
        BundleFacts facts = s_host with { Cgroups = false };
        Assert.Null(Create(s_plain, facts).Linux.CgroupsPath);
        Assert.Throws<CrunException>(() => Create(s_plain with { Resources = new ResourceOptions { PidsLimit = 5 } }, facts));
    }

    [Theory]
    [InlineData("c 42:* rwm", 'c', 42L, null, "rwm")]
    [InlineData("a *:* r", 'a', null, null, "r")]
    [InlineData("b 8:0 m", 'b', 8L, 0L, "m")]
    public void DeviceRule_AsDockerWritesIt_IsRead(string text, char type, long? major, long? minor, string access) =>
        Assert.Equal(new DeviceRule(true, type, major, minor, access), ResourceChoice.ParseRule(text));

    [Theory]
    [InlineData("c 42 rwm")]
    [InlineData("d 42:1 rwm")]
    [InlineData("c 42:1 x")]
    [InlineData("c -1:1 r")]
    [InlineData("")]
    public void DeviceRule_OfAnotherForm_IsRefused(string text) => Assert.Throws<CrunException>(() => ResourceChoice.ParseRule(text));

    [Fact]
    public void Namespaces_SharedAndJoined_AreAsAskedFor()
    {
        Spec spec = Create(s_plain with { Network = NamespaceChoice.Host, Pid = NamespaceChoice.Join("/proc/7/ns/pid") }, s_host with { UnifiedCgroups = false });
        Assert.Equal(
            [new(NamespaceType.Mount), new(NamespaceType.Uts), new(NamespaceType.Pid, "/proc/7/ns/pid"), new(NamespaceType.Ipc)],
            spec.Linux.Namespaces);
    }

    private static BundleMount Bind(string destination) => new() { Type = "bind", Source = "/srv", Destination = destination };

    private static Spec Create(RunOptions options, BundleFacts? facts = null) =>
        BundleSpec.Create(ImageDefaults.None, options, UserDatabase.None, facts ?? s_host);
}
