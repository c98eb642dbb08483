using Xunit;

namespace CrunSharp.Linux.Tests;

public sealed class FileFailureTests
{
    [Fact]
    public void Reason_OfTheFrameworksExceptions_IsTheSystemsWord()
    {
        Assert.Equal("Permission denied", FileFailure.Reason(new UnauthorizedAccessException("UnauthorizedAccess_IODenied_Path, /x")));
        Assert.Equal("No such file or directory", FileFailure.Reason(new FileNotFoundException("IO_FileNotFound_FileName, /x")));
        Assert.Equal("No space left on device", FileFailure.Reason(new IOException("anything", 28)));
    }

    [Fact]
    public void Describe_OfAKeyWithArguments_NamesTheFile() =>
        Assert.Equal("'/x': No such file or directory", FileFailure.Describe(new FileNotFoundException("IO_FileNotFound_FileName, /x")));

    [Fact]
    public void Describe_OfASentence_KeepsNothingButTheReason() =>
        Assert.Equal("Permission denied", FileFailure.Describe(new UnauthorizedAccessException("Access to the path '/a, b' is denied.")));
}
