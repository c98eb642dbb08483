using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class SystemdTests
{
    private static readonly ContainerId s_id = ContainerId.Parse("id");

    [Theory]
    [InlineData("-.slice", "")]
    [InlineData("system.slice", "/system.slice")]
    [InlineData("a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice")]
    public void Slice_Dashes_AreLevels(string slice, string path) => Assert.Equal(path, SystemdUnitName.PathOf(slice));

    [Theory]
    [InlineData("a--b.slice")]
    [InlineData("-a.slice")]
    [InlineData("a-.slice")]
    [InlineData(".slice")]
    [InlineData("a.scope")]
    public void Slice_ThatIsNone_IsRefused(string slice) => Assert.Throws<CrunException>(() => SystemdUnitName.PathOf(slice));

    [Theory]
    [InlineData("kubepods.slice:cri:abc", false, "kubepods.slice", "cri-abc.scope")]
    [InlineData("::abc", false, "system.slice", "abc.scope")]
    [InlineData(":libpod:abc", true, "user.slice", "libpod-abc.scope")]
    [InlineData(null, false, "system.slice", "crun-sharp-id.scope")]
    public void CgroupsPath_ForSystemd_NamesSliceAndScope(string? path, bool user, string slice, string unit) =>
        Assert.Equal(new SystemdUnitName(slice, unit), SystemdUnitName.Parse(path, s_id, user));

    [Theory]
    [InlineData("/a/path")]
    [InlineData("a:b")]
    [InlineData("a:b:c:d")]
    [InlineData("a.slice:b:")]
    [InlineData("a.slice:../b:c")]
    [InlineData("a.slice:b:c.slice")]
    public void CgroupsPath_OfAnotherForm_IsRefused(string path) =>
        Assert.Throws<CrunException>(() => SystemdUnitName.Parse(path, s_id, user: false));

    [Theory]
    [InlineData("0", new byte[] { 1 })]
    [InlineData("0-2,9", new byte[] { 7, 2 })]
    [InlineData("8", new byte[] { 0, 1 })]
    public void Mask_OfNumbers_HasTheLowestFirst(string list, byte[] mask) => Assert.Equal(mask, SystemdProperty.Mask(list));

    [Theory]
    [InlineData("2-1")]
    [InlineData("a")]
    [InlineData("0-4294967295")]
    public void Mask_OfWhatIsNoList_IsRefused(string list) => Assert.Throws<CrunException>(() => SystemdProperty.Mask(list));

    [Fact]
    public void Limits_ForSystemd_AreItsPropertiesAndTheQuotaIsRoundedUp()
    {
        LinuxResources resources = new()
        {
            Memory = new MemoryLimits { Limit = 1000, Swap = 3000 },
            Cpu = new CpuLimits { Quota = 25500, Period = 100000 },
            PidsLimit = -1,
        };
        Dictionary<string, object> properties = SystemdProperty.Of(resources).ToDictionary(property => property.Name, property => property.Value);
        Assert.Equal(1000ul, properties["MemoryMax"]);
        Assert.Equal(2000ul, properties["MemorySwapMax"]);
        Assert.Equal(260_000ul, properties["CPUQuotaPerSecUSec"]);
        Assert.Equal(100_000ul, properties["CPUQuotaPeriodUSec"]);
        Assert.Equal(ulong.MaxValue, properties["TasksMax"]);
    }

    [Fact]
    public void Message_WrittenAndRead_IsTheSame()
    {
        DBusWriter body = new();
        body.String("text");
        body.UInt32(7);
        DBusMessage message = new()
        {
            Type = DBusMessageType.MethodCall,
            Path = "/a/b",
            Interface = "x.Y",
            Member = "Do",
            Destination = "x",
            Signature = "su",
            Body = body.ToArray(),
        };
        byte[] bytes = message.Encode(5);
        Assert.Equal(bytes.Length, DBusMessage.LengthOf(bytes.AsSpan(0, DBusMessage.FixedLength)));
        DBusMessage read = DBusMessage.Decode(bytes);
        Assert.Equal((message.Path, message.Interface, message.Member, message.Destination, message.Signature), (read.Path, read.Interface, read.Member, read.Destination, read.Signature));
        DBusReader values = new(read.Body);
        Assert.Equal(("text", 7u), (values.String(), values.UInt32()));
    }

    [Fact]
    public void Message_CutShortAnywhere_IsRefusedAndNeverReadBeyond()
    {
        byte[] bytes = new DBusMessage { Type = DBusMessageType.MethodCall, Path = "/a", Member = "Do", Signature = "s", Body = [1, 0, 0, 0, 65, 0] }.Encode(1);
        for (int length = DBusMessage.FixedLength; length < bytes.Length; length++)
        {
            byte[] cut = bytes[..length];
            _ = Assert.ThrowsAny<Exception>(() => new DBusReader(DBusMessage.Decode(cut).Body).String());
        }
    }

    [Theory]
    [InlineData("'inactive-or-failed'", "s", "inactive-or-failed")]
    [InlineData("\"it's\"", "s", "it's")]
    [InlineData("'it\\'s'", "s", "it's")]
    [InlineData("true", "b", true)]
    [InlineData("-7", "i", -7)]
    [InlineData("uint64 7", "t", 7ul)]
    [InlineData("['a', 'b']", "as", new[] { "a", "b" })]
    public void Variant_AsPeopleWriteIt_HasTypeAndValue(string text, string signature, object value)
    {
        (string, object)? parsed = SystemdVariant.Parse(text);
        Assert.Equal(signature, parsed?.Item1);
        Assert.Equal(value, parsed?.Item2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("'open")]
    [InlineData("'two' 'texts'")]
    [InlineData("['a',")]
    [InlineData("['a'] more")]
    [InlineData("uint32 -1")]
    [InlineData("double 1.5")]
    public void Variant_ThatIsNone_IsRefused(string text) => Assert.Null(SystemdVariant.Parse(text));

    [Fact]
    public void Annotations_OfSystemd_BecomePropertiesAndOthersDoNot()
    {
        Dictionary<string, string> annotations = new()
        {
            ["org.systemd.property.CollectMode"] = "'inactive'",
            ["org.systemd.property.TimeoutStopSec"] = "uint64 90",
            ["io.kubernetes.pod"] = "x",
        };
        Assert.Equal(
            [new("CollectMode", "s", "inactive"), new SystemdProperty("TimeoutStopUSec", "t", 90_000_000ul)],
            SystemdProperty.OfAnnotations(annotations));
    }

    [Theory]
    [InlineData("org.systemd.property.", "true")]
    [InlineData("org.systemd.property.A=b", "true")]
    [InlineData("org.systemd.property.CollectMode", "inactive")]
    [InlineData("org.systemd.property.TimeoutStopSec", "'90'")]
    public void Annotations_OfSystemdThatMeanNothing_AreRefused(string key, string value) =>
        Assert.Throws<CrunException>(() => SystemdProperty.OfAnnotations(new Dictionary<string, string> { [key] = value }).ToList());

    [Theory]
    [InlineData("unix:path=/run/user/1000/bus", "/run/user/1000/bus")]
    [InlineData("tcp:host=x;unix:guid=1,path=/a%20b", "/a b")]
    [InlineData("unix:abstract=/tmp/x", null)]
    [InlineData(null, null)]
    public void BusAddress_OfASocketFile_IsItsPath(string? address, string? path) => Assert.Equal(path, SystemdManager.PathIn(address));
}
