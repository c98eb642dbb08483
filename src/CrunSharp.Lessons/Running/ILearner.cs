namespace CrunSharp.Lessons;

/// <summary>Who sits in front of a lesson.</summary>
public interface ILearner
{
    /// <summary>What they type: at a question, or where it is null between two sections. Null when there will be nothing more.</summary>
    /// <param name="right">An answer to the question that is right on this host.</param>
    ValueTask<string?> TypeAsync(Ask? question, string right, CancellationToken cancellationToken);
}

/// <summary>Someone who types lines.</summary>
public sealed class TypingLearner(TextReader input) : ILearner
{
    // A thread of its own: a read from a terminal cannot be cancelled, and Ctrl-C must not wait for Enter.
    public async ValueTask<string?> TypeAsync(Ask? question, string right, CancellationToken cancellationToken) =>
        await Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
}

/// <summary>Nobody: every question is answered, first wrongly and then rightly.</summary>
public sealed class Rehearsal : ILearner
{
    private Ask? _refused;

    public ValueTask<string?> TypeAsync(Ask? question, string right, CancellationToken cancellationToken)
    {
        if (question is null)
        {
            return ValueTask.FromResult<string?>("");
        }

        // Asked the same again: the wrong answer was refused.
        bool wasRefused = ReferenceEquals(question, _refused);
        _refused = wasRefused ? null : question;
        return ValueTask.FromResult<string?>(wasRefused ? right : question.Wrong);
    }
}
