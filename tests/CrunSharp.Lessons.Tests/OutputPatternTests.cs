using Xunit;

namespace CrunSharp.Lessons.Tests;

public sealed class OutputPatternTests
{
    private readonly Dictionary<string, string> _found = [];

    [Fact]
    public void Match_NumberWithAName_IsFound()
    {
        Assert.True(OutputPattern.Match(["pid {{pid=4242}} lives"], "pid 7 lives\n", _found));
        Assert.Equal("7", _found["pid"]);
    }

    [Fact]
    public void Match_WordWhereANumberIsExpected_IsADifference() =>
        Assert.False(OutputPattern.Match(["pid {{pid=4242}}"], "pid seven\n", _found));

    [Fact]
    public void Match_NameFoundEarlier_MustBeTheSameAgain()
    {
        _found["uid"] = "1000";
        Assert.True(OutputPattern.Match(["{{uid}}"], "1000\n", _found));
        Assert.False(OutputPattern.Match(["{{uid}}"], "0\n", _found));
    }

    [Theory]
    [InlineData("a\nb\nlast\n", true)]
    [InlineData("last\n", true)]
    [InlineData("last\nmore\n", false)]
    public void Match_Ellipsis_IsAnyNumberOfLines(string output, bool matches) =>
        Assert.Equal(matches, OutputPattern.Match(["...", "last"], output, _found));

    [Fact]
    public void Match_OutputWhereNoneIsExpected_IsADifference() => Assert.False(OutputPattern.Match([], "surprise\n", _found));

    [Fact]
    public void Fill_NameThatNobodyKnows_IsNothing() => Assert.Null(OutputPattern.Fill("kill {{pid}}", _found));
}
