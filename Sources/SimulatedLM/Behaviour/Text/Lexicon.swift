/// What the simulated LM knows of English: words that carry nothing, and words and phrases that mean much the same.
struct Lexicon: Sendable {
    static let english = Lexicon()

    private let stopWords: Set<UInt64>
    private let concepts: [UInt64: UInt64]
    private let phrases: [UInt64: UInt64]

    private init() {
        stopWords = Set(Self.emptyWords.split(separator: " ").map { Self.key(String($0)) })
        var concepts: [UInt64: UInt64] = [:]
        var phrases: [UInt64: UInt64] = [:]
        for group in Self.groups {
            let members = group.split(separator: ",").map { $0.split(separator: " ").map { Self.key(String($0)) } }
            guard let concept = members.first?.first else { continue }
            for member in members {
                if member.count == 2 {
                    phrases[Self.pair(member[0], member[1])] = concept
                } else if member.count == 1, concepts[member[0]] == nil {
                    concepts[member[0]] = concept
                }
            }
        }
        self.concepts = concepts
        self.phrases = phrases
    }

    static func key(_ word: String) -> UInt64 {
        var bytes = Array(word.lowercased().utf8)
        Stemmer.stem(&bytes)
        return key(stem: bytes)
    }

    /// FNV-1a.
    static func key(stem: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in stem { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 { Digest.finish(first &* 31 &+ second) }

    func isEmptyWord(_ key: UInt64) -> Bool { stopWords.contains(key) }
    func concept(_ key: UInt64) -> UInt64 { concepts[key] ?? key }
    func phrase(_ first: UInt64, _ second: UInt64) -> UInt64? { phrases[Self.pair(first, second)] }

    private static let emptyWords = """
        a an the i im ive id my me mine we our us you your yours he she it its they them their this that these those is am are was \
        were be been being do does did have has had having will would shall should can could may might must to of in on at by for \
        from with into about as and or but if then than so such too very just also only what which who whom whose when where how \
        there here up out over money any some all each every both few more most other own same s t d m re ve ll get got go going want \
        need like please help tell know see say said make made let one or still now ok hi hello thanks thank
        """

    /// Per line: a concept, then the words and two-word phrases that stand for it.
    private static let groups: [String] = """
        cash,atm,cashpoint,cash machine,cash point,banknote
        withdraw,withdrawal,withdrew,withdrawn,take out,took out,taking out,pull out,get cash,got cash,cash machine,atm
        topup,top up,topping up,topped up,add money,adding money,added money,put money,load money,add funds,adding funds,deposit
        declined,rejected,refused,denied,turned down,not accepted,blocked,bounced,decline,reject,refuse
        pending,processing,waiting,stuck,in progress,not complete,hold,not through,not gone
        charge,fee,cost,price,charged,billed,extra,surcharge,expensive
        exchange,convert,conversion,swap,foreign,abroad
        currency,currencies,euro,dollar,pound,money types,fiat
        wrong,incorrect,mistake,error,not right,inaccurate,bad
        refund,money back,reimburse,reimbursement,repay,repaid,got back,back money,credited,owe
        return,returning,back,give back,send back,keep,keeping,change mind,no longer
        arrive,arrival,come,came,delivery,deliver,get here,track,shipped,shipping,mail,post,parcel,package,courier,carrier,dispatch,depot,\
        customs,warehouse,overdue,on way
        activate,activation,enable,turn on,switch on,start using
        verify,verification,confirm,authenticate,validate,check,prove
        identity,id,passport,who am,documents,selfie,documentation
        unable,cannot,cant,fail,failed,failing,failure,not able,not let,wont let,not possible,impossible
        working,work,works,function,functioning,usable
        broken,not working,not work,doesnt work,dont work,wont work,isnt working,stopped working,faulty,crack,damage,defect,broke,torn,tear,\
        tore,ripped,leak,leaks,hole,dent,snapped,scratches,burst,flickers,smudged,stitching,fell apart,coming off,come undone
        transfer,send money,sent money,wire,sending money,send,transferring,transferred
        receive,receiving,salary,paid into,incoming,get paid,receive money
        payment,paid,pay,purchase,bought,paying,purchased,buy,shop,store,merchant,checkout,till,paypal,klarna,instalment
        recognised,recognise,recognize,unknown,unfamiliar,didnt make,not make,never made,not mine,suspicious,not me,fraud,strange
        twice,double,two times,duplicate,duplicated,second time,again,repeated
        limit,maximum,max,how much,cap,restriction,most i,minimum,how many,how often
        link,connect,attach,linked,put in,show app,add card,reconnect,view app,found card,found my,card back,the app,back in
        virtual,online,digital
        disposable,temporary,single use,throwaway,one time
        physical,plastic,real card,actual card,new card
        order,request,ordering,place order
        balance,account total,funds,account,not show,not updated
        update,updated,show,showing,appear,reflect,display,posted
        beneficiary,beneficiaries,recipient,payee,someone,friend,somebody,other person
        allowed,permit,permitted,accept,allow,permitted
        apple,google,gpay,apple pay,google pay,watch
        support,supported,accept,offer,handle
        rate,exchange rate,conversion rate
        bank,bank transfer,banking
        lost,missing,lose,disappear,gone,vanish,nowhere,not arrive,never arrive
        late,delay,delayed,slow,how long,taking long,overdue,behind
        address,move,moved,house,street,postcode
        cancel,cancellation,stop order,call off,dont want
        invoice,receipt,bill,vat,tax
        size,sizing,fit,tight,loose,too small,too big,small,smaller,large,larger,medium,xl,measure,measurement,cm,tall,length,litre,feet,wide,narrow
        stock,available,unavailable,availability,sold out,in stock,restock,sell,carry,discontinued,edition,batch,copies,left,catalogue
        access,password,login,log in,sign in,signing in,signs out,logged in,locked,lock,credentials,username,profile,reset,registration,\
        register,two factor
        voucher,coupon,discount,promo,code,gift card,gift
        repair,mend,warranty,guarantee,fix,spare
        happy,glad,love,great,excellent,wonderful,good,positive
        sad,hate,terrible,awful,poor,negative,disappointed
        """.split(separator: "\n").map(String.init)
}
