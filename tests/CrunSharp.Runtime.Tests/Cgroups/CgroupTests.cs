using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class CgroupTests
{
    private const string Hybrid = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """;

    private const string Unified = "24 22 0:20 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

    [Fact]
    public void CgroupHost_OfAHybridHost_HasEveryHierarchyAndTheUnifiedOne()
    {
        CgroupHost host = CgroupHost.Parse(Hybrid);
        Assert.Equal(CgroupLayout.Legacy, host.Layout);
        Assert.Equal("/sys/fs/cgroup/unified", host.Unified);
        Assert.Equal(["cpu,cpuacct", "memory", "name=systemd"], host.Hierarchies.Select(hierarchy => hierarchy.Options));
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", host.Find("cpuacct")?.MountPoint);
        Assert.Null(host.Find("cpuse"));
    }

    [Fact]
    public void CgroupHost_OfAUnifiedHost_HasNoHierarchies()
    {
        CgroupHost host = CgroupHost.Parse(Unified);
        Assert.Equal((CgroupLayout.Unified, "/sys/fs/cgroup", 0), (host.Layout, host.Unified, host.Hierarchies.Count));
        Assert.Equal(CgroupLayout.None, CgroupHost.Parse("").Layout);
    }

    [Theory]
    [InlineData(null, "/id")]
    [InlineData("", "/id")]
    [InlineData("/", "/id")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("a/b/", "/a/b")]
    [InlineData("..a", "/..a")]
    public void CheckedPath_OfAPath_IsBeneathTheHierarchy(string? given, string path) =>
        Assert.Equal(path, CgroupDriver.CheckedPath(given, ContainerId.Parse("id")));

    [Theory]
    [InlineData("..")]
    [InlineData("/a/../../b")]
    [InlineData("a/..")]
    public void CheckedPath_ThatLeadsOut_IsRefused(string given) =>
        Assert.Throws<CrunException>(() => CgroupDriver.CheckedPath(given, ContainerId.Parse("id")));

    [Fact]
    public void LegacyLimits_OfMemoryAndSwap_RaiseTheMemoryFirst() =>
        Assert.Equal(
            ["memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=2097152", "memory.soft_limit_in_bytes=4096", "memory.swappiness=10", "memory.oom_control=1"],
            Legacy(new LinuxResources { Memory = new MemoryLimits { Limit = 1 << 20, Swap = 2 << 20, Reservation = 4096, Swappiness = 10, DisableOomKiller = true } }));

    [Fact]
    public void LegacyLimits_OfUnlimitedMemory_FreeTheSwapAsWell() =>
        Assert.Equal(["memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1"], Legacy(new LinuxResources { Memory = new MemoryLimits { Limit = -1 } }));

    [Theory]
    [InlineData(-1, "max")]
    [InlineData(0, "1")]
    [InlineData(100, "100")]
    public void Limits_OfProcesses_NeverForbidTheFirst(long limit, string value)
    {
        LinuxResources resources = new() { PidsLimit = limit };
        Assert.Equal([$"pids.max={value}"], Legacy(resources));
        Assert.Equal([$"pids.max={value}"], Modern(resources));
    }

    [Fact]
    public void LegacyLimits_OfCpuTime_SetThePeriodBeforeTheQuota() =>
        Assert.Equal(
            ["cpu.shares=512", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=50000", "cpuset.cpus=0-1", "cpuset.mems=0"],
            Legacy(new LinuxResources { Cpu = new CpuLimits { Shares = 512, Period = 100000, Quota = 50000, Cpus = "0-1", Mems = "0" } }));

    [Fact]
    public void UnifiedLimits_OfMemoryAndSwap_TakeTheMemoryOffTheSwap() =>
        Assert.Equal(
            ["memory.swap.max=1048576", "memory.max=1048576", "memory.low=4096"],
            Modern(new LinuxResources { Memory = new MemoryLimits { Limit = 1 << 20, Swap = 2 << 20, Reservation = 4096 } }));

    [Theory]
    [InlineData(null, 5L)]
    [InlineData(10L, 5L)]
    public void UnifiedLimits_OfSwapThatMemoryDoesNotFitInto_AreRefused(long? memory, long swap) =>
        Assert.Throws<CrunException>(() => Modern(new LinuxResources { Memory = new MemoryLimits { Limit = memory, Swap = swap } }));

    [Theory]
    [InlineData(2ul, 1ul)]
    [InlineData(1024ul, 100ul)]
    [InlineData(262144ul, 10000ul)]
    [InlineData(1000000ul, 10000ul)]
    public void Weight_OfShares_KeepsTheEndsAndTheDefault(ulong shares, ulong weight) => Assert.Equal(weight, UnifiedLimits.Weight(shares));

    [Theory]
    [InlineData(50000L, 100000ul, "50000 100000")]
    [InlineData(50000L, null, "50000 100000")]
    [InlineData(-1L, 20000ul, "max 20000")]
    public void UnifiedLimits_OfCpuTime_AreOneFile(long quota, ulong? period, string value) =>
        Assert.Equal([$"cpu.max={value}"], Modern(new LinuxResources { Cpu = new CpuLimits { Quota = quota, Period = period } }));

    [Theory]
    [InlineData("../memory.max")]
    [InlineData("memory.max/x")]
    [InlineData("tasks")]
    public void UnifiedLimits_OfAFileThatIsNone_AreRefused(string file) =>
        Assert.Throws<CrunException>(() => Modern(new LinuxResources { Unified = new Dictionary<string, string> { [file] = "1" } }));

    [Fact]
    public void DeviceRules_OfNoList_DenyAllButWhatEveryContainerHas()
    {
        List<DeviceRule> rules = [.. DeviceRules.For(LinuxResources.None)];
        Assert.Equal(new DeviceRule(false), rules[0]);
        Assert.All(rules.Skip(1), rule => Assert.True(rule.Allow));
        Assert.DoesNotContain(rules.Skip(1), rule => rule is { Major: null, Access: not "m" });
    }

    [Theory]
    [InlineData('a', null, null, "rwm", "a")]
    [InlineData('c', 1L, 3L, "rwm", "c 1:3 rwm")]
    [InlineData('b', 8L, null, "r", "b 8:* r")]
    [InlineData('c', -1L, -1L, "m", "c *:* m")]
    public void DeviceRules_OfALine_AreWrittenAsTheKernelTakesThem(char type, long? major, long? minor, string access, string text) =>
        Assert.Equal(text, DeviceRules.Format(new DeviceRule(true, type, major, minor, access)));

    [Fact]
    public void IdMap_OfExtents_IsOneLineEach() =>
        Assert.Equal("0 1000 1\n1 100000 65536\n", System.Text.Encoding.ASCII.GetString(IdMapWriter.Format([new IdMapping(0, 1000, 1), new IdMapping(1, 100000, 65536)])));

    private static IEnumerable<string> Legacy(LinuxResources resources) => LegacyLimits.For(resources).Select(limit => $"{limit.File}={limit.Value}");

    private static IEnumerable<string> Modern(LinuxResources resources) => [.. UnifiedLimits.For(resources).Select(limit => $"{limit.File}={limit.Value}")];
}
