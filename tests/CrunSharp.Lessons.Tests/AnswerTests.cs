using Xunit;

namespace CrunSharp.Lessons.Tests;

public sealed class AnswerTests
{
    [Theory]
    [InlineData("1", "one")]
    [InlineData("one", "1")]
    [InlineData("0", "none")]
    [InlineData("the outside's", "Outside's")]
    [InlineData("no", "No, they are not.")]
    [InlineData("yes", "y")]
    [InlineData("lo down", "lo, DOWN")]
    [InlineData("SIGTERM", "it was `SIGTERM`")]
    [InlineData("kernel", "a kernel")]
    public void Matches_SameInOtherWords_IsRight(string accepted, string typed) => Assert.True(Answer.Matches(accepted, typed));

    [Theory]
    [InlineData("1", "11")]
    [InlineData("no", "yes, not no")]
    [InlineData("no", "")]
    [InlineData("kernel", "no kernel")]
    [InlineData("lo down", "lo up")]
    [InlineData("0", "the")]
    public void Matches_SomethingElse_IsWrong(string accepted, string typed) => Assert.False(Answer.Matches(accepted, typed));
}
