using CrunSharp.Linux;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class SubordinateIdTests
{
    [Fact]
    public void Parse_LinesByNameAndByNumber_AreAllTheUsers()
    {
        IReadOnlyList<IdRange> ranges = SubordinateIds.Parse("anna:100000:65536\nbert:165536:65536\n1001:300000:10\n", "anna", 1001);
        Assert.Equal([new IdRange(100000, 65536), new IdRange(300000, 10)], ranges);
    }

    [Theory]
    [InlineData("")]
    [InlineData("anna:100000\n")]
    [InlineData("anna:x:65536\n")]
    [InlineData("anna:100000:0\n")]
    [InlineData("anna:-1:10\n")]
    [InlineData("anna:4294967290:65536\n")]
    [InlineData("# anna:100000:65536\n")]
    [InlineData("annabel:100000:65536\n")]
    public void Parse_LineThatIsNoRangeOfThisUser_IsPassedOver(string text) => Assert.Empty(SubordinateIds.Parse(text, "anna", 1001));

    [Fact]
    public void MakeMap_Ranges_FollowTheUserFromOneOn() => Assert.Equal(
        [new IdExtent(0, 1001, 1), new IdExtent(1, 100000, 65536), new IdExtent(65537, 300000, 10)],
        SubordinateIds.MakeMap(1001, [new IdRange(100000, 65536), new IdRange(300000, 10)]));

    [Fact]
    public void MakeMap_TheSameRangeTwice_IsMappedOnce() => Assert.Equal(
        [new IdExtent(0, 1001, 1), new IdExtent(1, 100000, 65536)],
        SubordinateIds.MakeMap(1001, [new IdRange(100000, 65536), new IdRange(100000, 65536)]));

    [Fact]
    public void MakeMap_RangesThatOverlap_KeepWhatIsNew() => Assert.Equal(
        [new IdExtent(0, 1001, 1), new IdExtent(1, 1000000, 100), new IdExtent(101, 999950, 50), new IdExtent(151, 1000100, 50)],
        SubordinateIds.MakeMap(1001, [new IdRange(1000000, 100), new IdRange(999950, 200)]));

    [Fact]
    public void MakeMap_RangeAroundTheUser_LeavesTheUserOut() => Assert.Equal(
        [new IdExtent(0, 1001, 1), new IdExtent(1, 1000, 1), new IdExtent(2, 1002, 8)],
        SubordinateIds.MakeMap(1001, [new IdRange(1000, 10)]));

    [Fact]
    public void MakeMap_MoreRangesThanTheKernelTakes_EndsAtItsLimit() =>
        Assert.Equal(340, SubordinateIds.MakeMap(1001, [.. Enumerable.Range(0, 400).Select(i => new IdRange(100000 + (uint)(i * 10), 5))]).Count);

    [Fact]
    public void MakeMap_AnyRanges_NamesNoIdTwice()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            List<IdRange> ranges = [.. Enumerable.Range(0, 6).Select(_ => new IdRange((uint)random.Next(0, 60), (uint)random.Next(1, 20)))];
            IReadOnlyList<IdExtent> map = SubordinateIds.MakeMap(30, ranges);
            List<uint> outside = [.. map.SelectMany(extent => Enumerable.Range(0, (int)extent.Count).Select(i => extent.Outside + (uint)i))];
            List<uint> inside = [.. map.SelectMany(extent => Enumerable.Range(0, (int)extent.Count).Select(i => extent.Inside + (uint)i))];
            HashSet<uint> wanted = [30, .. ranges.SelectMany(range => Enumerable.Range((int)range.First, (int)range.Count)).Select(id => (uint)id)];
            Assert.Equal(wanted.Order(), outside.Order());
            Assert.Equal(Enumerable.Range(0, wanted.Count).Select(id => (uint)id), inside);
        }
    }

    [Fact]
    public void SuggestFree_BesideRangesGivenOut_OverlapsNone() =>
        Assert.Equal("231072-296607", SubordinateIds.SuggestFree("a:100000:65536\nb:165536:65536\n"));

    [Theory]
    [InlineData("passwd: files\n", false)]
    [InlineData("subid: files\n", false)]
    [InlineData("subid: sss\n", true)]
    public void Source_OfNameServiceSwitch_IsElsewhereOnlyWhenItSaysSo(string text, bool elsewhere) =>
        Assert.Equal(elsewhere, SubordinateIdSource.IsElsewhere(text));

    [Fact]
    public void Source_AnswerOfGetsubids_IsRead() =>
        Assert.Equal([new IdRange(100000, 65536)], SubordinateIdSource.ParseAnswer("0: anna 100000 65536\n", "anna"));
}
